/** PUT /v1/organizations/:org/policies/:policy */
import { UpdatePolicy } from '@gatehouse/contracts/http/authz/policies'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { updatePolicy } from '../use-cases/policies/update-policy.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerUpdatePolicy = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, UpdatePolicy, async ({ caller, params, body, request, reply }) => {
    const policy = await updatePolicy(deps, caller, {
      policyId: params.policy,
      content: body,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, policy.version)
    return policy
  })
