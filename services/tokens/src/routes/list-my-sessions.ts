/** `GET /v1/me/sessions`. */
import { ListMySessions } from '@gatehouse/contracts/http/tokens/sessions'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listSessions } from '../use-cases/list-sessions.ts'

const defaultLimit = 50

export function registerListMySessions(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListMySessions, ({ caller, query }) =>
    listSessions(deps, caller, { limit: query.limit ?? defaultLimit, cursor: query.cursor }),
  )
}
