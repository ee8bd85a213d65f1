/** PUT /v1/organizations/:org/policies/:policy/shadow */
import { StartPolicyShadow } from '@gatehouse/contracts/http/authz/simulation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { startPolicyShadow } from '../use-cases/simulation/policy-shadow.ts'

export const registerStartPolicyShadow = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, StartPolicyShadow, ({ caller, params }) => startPolicyShadow(deps, caller, params.policy))
