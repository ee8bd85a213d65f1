/** GET /v1/organizations/:org/policies/:policy/versions/:version */
import { GetPolicyVersion } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getPolicyVersion } from '../use-cases/policies/policy-versions.ts'

export const registerGetPolicyVersion = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetPolicyVersion, ({ caller, params }) =>
    getPolicyVersion(deps, caller, { policyId: params.policy, version: params.version }),
  )
