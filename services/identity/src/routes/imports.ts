/** People from another system, and for another. */
import { ExportPeople, ImportPeople } from '@gatehouse/contracts/http/identity/imports'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { exportPeople } from '../use-cases/imports/export-people.ts'
import { importPeople } from '../use-cases/imports/import-people.ts'
import { requesterOf } from './requester.ts'

export function importRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ImportPeople, ({ caller, body, request }) =>
    importPeople(deps, caller, { ...body, requester: requesterOf(request) }),
  )
  bindRoute(app, ExportPeople, async ({ caller, query, reply }) => {
    const lines = await exportPeople(deps, caller, query.reason)
    void reply.type('application/x-ndjson')
    return lines
  })
}
