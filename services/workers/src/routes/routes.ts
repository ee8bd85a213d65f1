/** Every route of workers, written out. */
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { registerListAuditEvents } from './list-audit-events.ts'
import { registerListMyActivity } from './list-my-activity.ts'
import { registerListPlatformAuditEvents } from './list-platform-audit-events.ts'

export function publicRoutes(app: App, deps: Pick<Deps, 'authz' | 'runtime' | 'system'>): void {
  registerListAuditEvents(app, deps)
  registerListMyActivity(app, deps)
  registerListPlatformAuditEvents(app, deps)
}
