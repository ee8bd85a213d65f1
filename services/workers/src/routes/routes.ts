/** Every route of workers, written out. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerListAuditEvents } from './list-audit-events.ts'
import { registerListMyActivity } from './list-my-activity.ts'
import { registerListPlatformAuditEvents } from './list-platform-audit-events.ts'

export function publicRoutes(app: FastifyInstance, deps: Pick<Deps, 'authz' | 'runtime' | 'system'>): void {
  registerListAuditEvents(app, deps)
  registerListMyActivity(app, deps)
  registerListPlatformAuditEvents(app, deps)
}
