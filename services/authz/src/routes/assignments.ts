/** Who holds which role, on what and until when. */
import {
  CreateAssignment,
  DeleteAssignment,
  ListAssignments,
  UpdateAssignment,
} from '@gatehouse/contracts/http/authz/assignments'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createAssignment } from '../use-cases/assignments/create-assignment.ts'
import { deleteAssignment } from '../use-cases/assignments/delete-assignment.ts'
import { updateAssignment } from '../use-cases/assignments/update-assignment.ts'
import { listAssignments } from '../use-cases/assignments/list-assignments.ts'

export function assignmentsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListAssignments, ({ caller, query }) => listAssignments(deps, caller, query))
  bindRoute(app, CreateAssignment, ({ caller, body }) => createAssignment(deps, caller, body))
  bindRoute(app, UpdateAssignment, ({ caller, params, body }) =>
    updateAssignment(deps, caller, { assignmentId: params.assignment, expiresAt: body.expires_at }),
  )
  bindRoute(app, DeleteAssignment, ({ caller, params }) => deleteAssignment(deps, caller, params.assignment))
}
