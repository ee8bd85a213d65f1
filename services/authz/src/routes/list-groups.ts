/** GET /v1/organizations/:org/groups */
import { ListGroups } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listGroups } from '../use-cases/assignments/groups.ts'

export const registerListGroups = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListGroups, ({ caller, query }) => listGroups(deps, caller, query))
