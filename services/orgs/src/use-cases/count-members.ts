/**
 * How many members there are of those whom a list with the same filters would show, so that an admin knows whom a rule
 * would stop before it begins. What one request may cost is bounded.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { listMembers as listRows, type MemberFilter, type MemberPosition } from '../store/memberships.ts'
import { batchSize, fittingAmong, requireFilterRights, type SoughtHolders } from './list-members.ts'

const batchesPerRequest = 25

/** @throws AppError `forbidden`; `upstream_failed` when identity cannot answer; 503 when authz cannot */
export async function countMembers(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  { role, secondFactor, ...filter }: SoughtHolders & MemberFilter,
): Promise<{ count: number; is_complete: boolean }> {
  const { orgId } = caller
  await requireFilterRights(deps, caller, { role, secondFactor })
  let after: MemberPosition | undefined
  let count = 0
  for (let batch = 0; batch < batchesPerRequest; batch++) {
    const where = { ...filter, orgId, after, limit: batchSize }
    const rows = await readInScope(deps.db, { orgId }, (tx) => listRows(tx, where))
    count += (await fittingAmong(deps, { orgId, rows, role, secondFactor })).length
    if (rows.length < batchSize) return { count, is_complete: true }
    after = rows.at(-1)
  }
  return { count, is_complete: false }
}
