/** DELETE /v1/organizations/:org/assignments/:assignment */
import { DeleteAssignment } from '@gatehouse/contracts/http/authz/assignments'
import { bindRoute } from '@gatehouse/service-kit/http/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteAssignment } from '../use-cases/assignments.ts'

export const registerDeleteAssignment = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeleteAssignment, ({ caller, params }) => deleteAssignment(deps, caller, params.assignment))
