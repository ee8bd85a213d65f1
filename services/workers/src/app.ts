/**
 * The HTTP face of workers: the audit trail, webhooks, notifications and the dead letters, and nothing another service
 * could ask.
 */
import { createServer } from '@gatehouse/access/serve/server'
import type { FastifyInstance } from 'fastify'
import type { Deps } from './deps.ts'
import { publicRoutes } from './routes/routes.ts'
import type { AllDeadLetters } from './use-cases/dead-letters/ask-owner.ts'

/** @param o.deadlineMs - until an unfinished answer is given up, where the contract says nothing */
export function buildApp(
  deps: Pick<
    Deps,
    | 'log'
    | 'clock'
    | 'assertions'
    | 'accessTokens'
    | 'clients'
    | 'db'
    | 'system'
    | 'spine'
    | 'webhooks'
    | 'whereabouts'
    | 'auditSigner'
    | 'mailLocale'
    | 'notificationFeed'
  > & {
    deadLetters: AllDeadLetters
  },
  o: { deadlineMs?: number } = {},
): FastifyInstance {
  const { log, assertions, accessTokens } = deps
  const app = createServer({ service: 'workers', log, assertions, accessTokens, ...o })
  for (const register of publicRoutes) register(app, deps)
  return app
}
