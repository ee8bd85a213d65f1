/** One group with its version, which is its `ETag`. */
import type { Group } from '@gatehouse/contracts/http/authz/groups'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findGroup } from '../../store/groups.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { groupView } from '../../views/group.ts'

export type VersionedGroup = { group: Group; version: number }

/** @throws AppError `forbidden`, `not_found` */
export async function getGroup(deps: Deps, caller: OrgCaller, groupId: string): Promise<VersionedGroup> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const row = await inScope(deps.db, { orgId }, (tx) => findGroup(tx, { orgId, id: groupId }))
  if (!row) throw problem('not_found')
  return { group: groupView(row), version: row.version }
}
