/**
 * What a request without a route is told: that its form is wrong, that its path has other methods (RFC 9110 §15.5.6),
 * or that there is nothing.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem, type AppError } from '../errors/app-error.ts'
import type { MethodTable } from './method-table.ts'
import { complaintAbout } from './request-form.ts'

export const createNoRoute =
  (methods: MethodTable) =>
  (request: FastifyRequest, reply: FastifyReply): AppError => {
    const complaint = complaintAbout(request.raw)
    if (complaint !== undefined) return complaint
    const allowed = methods.allowed(request.raw.url ?? '/')
    if (allowed.length === 0) return problem('not_found')
    void reply.header('allow', allowed.join(', '))
    return problem('method_not_allowed')
  }
