/** GET /v1/organizations/:org/policies */
import { ListPolicies } from '@gatehouse/contracts/http/authz/policies'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listPolicies } from '../use-cases/policies/list-policies.ts'

export const registerListPolicies = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListPolicies, ({ caller, query }) => listPolicies(deps, caller, query))
