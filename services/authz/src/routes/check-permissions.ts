/** POST /internal/permissions/check */
import { CheckPermissions } from '@gatehouse/contracts/http/authz/evaluation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { checkPermissions } from '../use-cases/decisions/check-permissions.ts'

export const registerCheckPermissions = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CheckPermissions, ({ caller, body }) => checkPermissions(deps, caller, body))
