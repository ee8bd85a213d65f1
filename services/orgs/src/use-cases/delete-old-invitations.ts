/** Removes invitations that have been over for a month: they hold addresses of people who may never have come. */
import type { Deps } from '../deps.ts'
import { deleteOldInvitations as deleteBatch } from '../store/invitations.ts'

const keptDays = 30
const limit = 500

/** In batches, each its own transaction, until nothing is left; how many went. */
export async function deleteOldInvitations({ system }: Pick<Deps, 'system'>): Promise<number> {
  for (let total = 0; ;) {
    const count = await deleteBatch(system, { days: keptDays, limit })
    total += count
    if (count < limit) return total
  }
}
