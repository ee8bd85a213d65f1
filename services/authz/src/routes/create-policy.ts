/** POST /v1/organizations/:org/policies */
import { CreatePolicy } from '@gatehouse/contracts/http/authz/policies'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createPolicy } from '../use-cases/policies/create-policy.ts'
import { sendVersion } from './version-tag.ts'

export const registerCreatePolicy = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CreatePolicy, async ({ caller, body, reply }) => {
    const policy = await createPolicy(deps, caller, body)
    sendVersion(reply, policy.version)
    return policy
  })
