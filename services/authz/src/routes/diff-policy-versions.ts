/** GET /v1/organizations/:org/policies/:policy/diff */
import { DiffPolicyVersions } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { diffPolicyVersions } from '../use-cases/policies/policy-versions.ts'

export const registerDiffPolicyVersions = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DiffPolicyVersions, ({ caller, params, query }) =>
    diffPolicyVersions(deps, caller, { policyId: params.policy, ...query }),
  )
