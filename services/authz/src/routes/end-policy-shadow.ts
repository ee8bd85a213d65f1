/** DELETE /v1/organizations/:org/policies/:policy/shadow */
import { EndPolicyShadow } from '@gatehouse/contracts/http/authz/simulation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { endPolicyShadow } from '../use-cases/simulation/policy-shadow.ts'

export const registerEndPolicyShadow = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, EndPolicyShadow, ({ caller, params }) => endPolicyShadow(deps, caller, params.policy))
