/** GET /v1/organizations/:org/policies/:policy/versions */
import { ListPolicyVersions } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listPolicyVersions } from '../use-cases/policies/policy-versions.ts'

export const registerListPolicyVersions = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListPolicyVersions, ({ caller, params, query }) =>
    listPolicyVersions(deps, caller, { policyId: params.policy, limit: query.limit ?? 50, cursor: query.cursor }),
  )
