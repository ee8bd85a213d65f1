/** PUT /v1/organizations/:org/policies/:policy/draft */
import { PutPolicyDraft } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { putPolicyDraft } from '../use-cases/policies/policy-draft.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerPutPolicyDraft = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, PutPolicyDraft, async ({ caller, params, body, request, reply }) => {
    const { draft, version } = await putPolicyDraft(deps, caller, {
      policyId: params.policy,
      content: body,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return draft
  })
