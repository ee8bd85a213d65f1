/** POST /v1/organizations/:org/policies */
import { CreatePolicy } from '@gatehouse/contracts/http/authz/policies'
import { bindRoute } from '@gatehouse/service-kit/http/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createPolicy } from '../use-cases/create-policy.ts'

export const registerCreatePolicy = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CreatePolicy, ({ caller, body }) => createPolicy(deps, caller, body))
