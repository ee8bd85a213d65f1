/** The dead letters of a service over HTTP, for workers, which make the platform's list of them. Never proxied. */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import {
  discardDeadLetterRoute,
  listDeadLettersRoute,
  replayDeadLetterRoute,
} from '@gatehouse/contracts/http/spine/dead-letters'
import type { ServiceClient } from '@gatehouse/access/call/service-client'
import type { AnyCaller, PrincipalCaller } from '@gatehouse/access/callers/caller'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { DeadLetters } from './dead-letters.ts'

export function bindDeadLetterRoutes(app: FastifyInstance, service: ServiceName, deadLetters: DeadLetters): void {
  bindRoute(app, listDeadLettersRoute(service), async ({ query: { limit, kind, reader, after_time, after_id } }) => {
    const after =
      after_time === undefined || after_id === undefined ? undefined : { failedAt: after_time, id: after_id }
    return { data: await deadLetters.list({ kind, reader, limit, after }) }
  })
  bindRoute(app, replayDeadLetterRoute(service), ({ caller, params }) => deadLetters.replay(caller, params.id))
  bindRoute(app, discardDeadLetterRoute(service), ({ caller, params, body }) =>
    deadLetters.discard(caller, { id: params.id, reason: body.reason }),
  )
}

/** The dead letters of the service at the other end. */
export function createDeadLettersClient(http: ServiceClient): DeadLetters {
  const service = http.target
  return {
    list: async ({ kind, reader, limit, after }) => {
      const query = {
        limit,
        ...(kind && { kind }),
        ...(reader === undefined ? {} : { reader }),
        ...(after && { after_time: after.failedAt, after_id: after.id }),
      }
      return (await http.call(listDeadLettersRoute(service), { query })).data
    },
    replay: (caller, id) => http.call(replayDeadLetterRoute(service), { params: { id }, user: personOf(caller) }),
    discard: (caller, { id, reason }) =>
      http.call(discardDeadLetterRoute(service), { params: { id }, body: { reason }, user: personOf(caller) }),
  }
}

const personOf = (caller: AnyCaller): PrincipalCaller | undefined =>
  caller.kind === 'user' || caller.kind === 'service_account' ? caller : undefined
