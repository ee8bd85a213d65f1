/** GET /v1/me/activity */
import { ListMyActivity } from '@gatehouse/contracts/http/workers/audit-events'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listMyActivity } from '../use-cases/list-my-activity.ts'

export const registerListMyActivity = (app: FastifyInstance, deps: Pick<Deps, 'runtime'>): void =>
  bindRoute(app, ListMyActivity, ({ caller, query }) => listMyActivity(deps, caller, query))
