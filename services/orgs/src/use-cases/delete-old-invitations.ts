/**
 * Removes invitations and access requests that have been over for a month: they hold addresses and words of people who
 * may never have come.
 */
import type { Deps } from '../deps.ts'
import { deleteOldAccessRequests } from '../store/access-requests.ts'
import { deleteOldInvitations as deleteBatch } from '../store/invitations.ts'

const keptDays = 30
const limit = 500

/** In batches, each its own transaction, until nothing is left; how many went. */
export async function deleteOldInvitations({ system }: Pick<Deps, 'system'>): Promise<number> {
  let total = 0
  for (const batchOf of [deleteBatch, deleteOldAccessRequests])
    for (let count = limit; count === limit; total += count) count = await batchOf(system, { days: keptDays, limit })
  return total
}
