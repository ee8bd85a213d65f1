/** GET /v1/organizations/:org/members */
import { ListMembers } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listMembers } from '../use-cases/list-members.ts'
import { pageInput } from './page-input.ts'

export const registerListMembers = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListMembers, ({ caller, query }) => listMembers(deps, caller, pageInput(query)))
