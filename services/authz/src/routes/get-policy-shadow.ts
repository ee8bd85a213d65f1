/** GET /v1/organizations/:org/policies/:policy/shadow */
import { GetPolicyShadow } from '@gatehouse/contracts/http/authz/simulation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getPolicyShadow } from '../use-cases/simulation/policy-shadow.ts'

export const registerGetPolicyShadow = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetPolicyShadow, ({ caller, params }) => getPolicyShadow(deps, caller, params.policy))
