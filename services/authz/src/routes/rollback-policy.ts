/** POST /v1/organizations/:org/policies/:policy/rollback */
import { RollbackPolicy } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { rollbackPolicy } from '../use-cases/policies/policy-versions.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerRollbackPolicy = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, RollbackPolicy, async ({ caller, params, body, request, reply }) => {
    const policy = await rollbackPolicy(deps, caller, {
      policyId: params.policy,
      version: body.version,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, policy.version)
    return policy
  })
