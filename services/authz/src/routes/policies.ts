/** Policies of an organization. */
import {
  CreatePolicy,
  DeletePolicy,
  GetPolicy,
  ListPolicies,
  UpdatePolicy,
} from '@gatehouse/contracts/http/authz/policies'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createPolicy } from '../use-cases/policies/create-policy.ts'
import { deletePolicy } from '../use-cases/policies/delete-policy.ts'
import { getPolicy } from '../use-cases/policies/get-policy.ts'
import { listPolicies } from '../use-cases/policies/list-policies.ts'
import { updatePolicy } from '../use-cases/policies/update-policy.ts'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'

export function policiesRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListPolicies, ({ caller, query }) => listPolicies(deps, caller, query))
  bindRoute(app, CreatePolicy, async ({ caller, body, reply }) => {
    const policy = await createPolicy(deps, caller, body)
    sendVersion(reply, policy.version)
    return policy
  })
  bindRoute(app, GetPolicy, async ({ caller, params, reply }) => {
    const policy = await getPolicy(deps, caller, params.policy)
    sendVersion(reply, policy.version)
    return policy
  })
  bindRoute(app, UpdatePolicy, async ({ caller, params, body, request, reply }) => {
    const policy = await updatePolicy(deps, caller, {
      policyId: params.policy,
      content: body,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, policy.version)
    return policy
  })
  bindRoute(app, DeletePolicy, ({ caller, params, request }) =>
    deletePolicy(deps, caller, { policyId: params.policy, isExpected: expectedVersion(request) }),
  )
}
