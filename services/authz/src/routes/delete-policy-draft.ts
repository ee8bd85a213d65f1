/** DELETE /v1/organizations/:org/policies/:policy/draft */
import { DeletePolicyDraft } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deletePolicyDraft } from '../use-cases/policies/policy-draft.ts'
import { expectedVersion } from './version-tag.ts'

export const registerDeletePolicyDraft = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeletePolicyDraft, ({ caller, params, request }) =>
    deletePolicyDraft(deps, caller, { policyId: params.policy, isExpected: expectedVersion(request) }),
  )
