/** GET /v1/organizations/:org/policies/:policy/draft */
import { GetPolicyDraft } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getPolicyDraft } from '../use-cases/policies/policy-draft.ts'
import { sendVersion } from './version-tag.ts'

export const registerGetPolicyDraft = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetPolicyDraft, async ({ caller, params, reply }) => {
    const { draft, version } = await getPolicyDraft(deps, caller, params.policy)
    sendVersion(reply, version)
    return draft
  })
