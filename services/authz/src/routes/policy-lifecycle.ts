/** Drafts, publication, versions and roll-back of policies. */
import {
  DeletePolicyDraft,
  DiffPolicyVersions,
  GetPolicyDraft,
  GetPolicyVersion,
  ListPolicyVersions,
  PublishPolicy,
  PutPolicyDraft,
  RollbackPolicy,
} from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deletePolicyDraft } from '../use-cases/policies/delete-policy-draft.ts'
import { diffPolicyVersions } from '../use-cases/policies/diff-policy-versions.ts'
import { getPolicyDraft } from '../use-cases/policies/get-policy-draft.ts'
import { getPolicyVersion } from '../use-cases/policies/get-policy-version.ts'
import { listPolicyVersions } from '../use-cases/policies/list-policy-versions.ts'
import { publishPolicy } from '../use-cases/policies/publish-policy.ts'
import { putPolicyDraft } from '../use-cases/policies/put-policy-draft.ts'
import { rollbackPolicy } from '../use-cases/policies/rollback-policy.ts'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'

export function policyLifecycleRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetPolicyDraft, async ({ caller, params, reply }) => {
    const { draft, version } = await getPolicyDraft(deps, caller, params.policy)
    sendVersion(reply, version)
    return draft
  })
  bindRoute(app, PutPolicyDraft, async ({ caller, params, query, body, request, reply }) => {
    const { draft, version } = await putPolicyDraft(deps, caller, {
      policyId: params.policy,
      content: body,
      baseVersion: query.base_version,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return draft
  })
  bindRoute(app, DeletePolicyDraft, ({ caller, params, request }) =>
    deletePolicyDraft(deps, caller, { policyId: params.policy, isExpected: expectedVersion(request) }),
  )
  bindRoute(app, PublishPolicy, async ({ caller, params, query, request, reply }) => {
    const policy = await publishPolicy(deps, caller, {
      policyId: params.policy,
      isExpected: expectedVersion(request),
      isImpactConfirmed: query.confirm_impact === true,
      replaces: query.replaces,
      signal: signalOf(request),
    })
    sendVersion(reply, policy.version)
    return policy
  })
  bindRoute(app, ListPolicyVersions, ({ caller, params, query }) =>
    listPolicyVersions(deps, caller, { policyId: params.policy, limit: query.limit ?? 50, cursor: query.cursor }),
  )
  bindRoute(app, GetPolicyVersion, ({ caller, params }) =>
    getPolicyVersion(deps, caller, { policyId: params.policy, version: params.version }),
  )
  bindRoute(app, DiffPolicyVersions, ({ caller, params, query }) =>
    diffPolicyVersions(deps, caller, { policyId: params.policy, ...query }),
  )
  bindRoute(app, RollbackPolicy, async ({ caller, params, body, request, reply }) => {
    const policy = await rollbackPolicy(deps, caller, {
      policyId: params.policy,
      version: body.version,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, policy.version)
    return policy
  })
}
