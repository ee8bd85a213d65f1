/** POST /internal/roles/check-grantable */
import { CheckGrantableRoles } from '@gatehouse/contracts/http/authz/evaluation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { checkGrantableRoles } from '../use-cases/assignments/check-grantable-roles.ts'

export const registerCheckGrantableRoles = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CheckGrantableRoles, ({ body }) => checkGrantableRoles(deps, body))
