/** A person's own data, and the end of their account. */
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { DeleteMe, ExportMyData, UndoMyDeletion } from '@gatehouse/contracts/http/identity/my-data'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteMe, undoDeletion } from '../use-cases/account/delete-me.ts'
import { exportMyData } from '../use-cases/account/export-my-data.ts'

export function myDataRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ExportMyData, ({ caller }) => exportMyData(deps, caller))
  bindRoute(app, DeleteMe, async ({ caller }) => ({
    deletion_due_at: (await deleteMe(deps, caller)).toISOString(),
  }))
  bindRoute(app, UndoMyDeletion, ({ caller }) => undoDeletion(deps, caller))
}
