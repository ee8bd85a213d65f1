/** GET /v1/organizations/:org/policies/:policy */
import { GetPolicy } from '@gatehouse/contracts/http/authz/policies'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getPolicy } from '../use-cases/policies/get-policy.ts'
import { sendVersion } from './version-tag.ts'

export const registerGetPolicy = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetPolicy, async ({ caller, params, reply }) => {
    const policy = await getPolicy(deps, caller, params.policy)
    sendVersion(reply, policy.version)
    return policy
  })
