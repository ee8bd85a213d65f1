/** POST /v1/organizations/:org/assignments */
import { CreateAssignment } from '@gatehouse/contracts/http/authz/assignments'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createAssignment } from '../use-cases/assignments/assignments.ts'

export const registerCreateAssignment = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CreateAssignment, ({ caller, body }) => createAssignment(deps, caller, body))
