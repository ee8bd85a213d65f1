/** POST /v1/authz/access-diff */
import { DiffAccess } from '@gatehouse/contracts/http/authz/explanation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { diffAccess } from '../use-cases/decisions/diff-access.ts'

export const registerDiffAccess = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DiffAccess, ({ caller, body }) => diffAccess(deps, caller, body))
