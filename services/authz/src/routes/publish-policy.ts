/** POST /v1/organizations/:org/policies/:policy/publish */
import { PublishPolicy } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { publishPolicy } from '../use-cases/policies/policy-draft.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerPublishPolicy = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, PublishPolicy, async ({ caller, params, query, request, reply }) => {
    const policy = await publishPolicy(deps, caller, {
      policyId: params.policy,
      isExpected: expectedVersion(request),
      isImpactConfirmed: query.confirm_impact === true,
    })
    sendVersion(reply, policy.version)
    return policy
  })
