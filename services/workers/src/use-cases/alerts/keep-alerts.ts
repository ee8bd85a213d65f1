/** Upkeep of alerts: observations whose windows are over are forgotten, and alerts after a year. In batches. */
import type { Deps } from '../../deps.ts'
import { deleteOldObservations } from '../../store/alert-findings.ts'
import { deleteOldAlerts } from '../../store/security-alerts.ts'

const limit = 500
/** Far longer than any window: an event may arrive late. */
const observedHours = 24
const keptDays = 400

export async function keepAlerts({ system }: Pick<Deps, 'system'>): Promise<void> {
  while ((await deleteOldObservations(system, { olderThanHours: observedHours, limit })) === limit);
  while ((await deleteOldAlerts(system, { olderThanDays: keptDays, limit })) === limit);
}
