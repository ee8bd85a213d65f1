/** DELETE /v1/organizations/:org/assignments/:assignment */
import { DeleteAssignment } from '@gatehouse/contracts/http/authz/assignments'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteAssignment } from '../use-cases/assignments/assignments.ts'

export const registerDeleteAssignment = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeleteAssignment, ({ caller, params }) => deleteAssignment(deps, caller, params.assignment))
