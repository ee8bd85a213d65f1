/** DELETE /v1/organizations/:org/policies/:policy */
import { DeletePolicy } from '@gatehouse/contracts/http/authz/policies'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deletePolicy } from '../use-cases/policies/delete-policy.ts'
import { expectedVersion } from './version-tag.ts'

export const registerDeletePolicy = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeletePolicy, ({ caller, params, request }) =>
    deletePolicy(deps, caller, { policyId: params.policy, isExpected: expectedVersion(request) }),
  )
