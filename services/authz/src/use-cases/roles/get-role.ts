/** One role with its version, which is its `ETag`. */
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findRole } from '../../store/roles.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { roleView } from '../../views/role.ts'

export type VersionedRole = { role: Role; version: number }

/** @throws AppError `forbidden`, `not_found` */
export async function getRole(deps: Deps, caller: OrgCaller, roleId: string): Promise<VersionedRole> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const row = await inScope(deps.db, { orgId }, (tx) => findRole(tx, roleId))
  if (!row) throw problem('not_found')
  const { catalog } = await deps.factCache.model(orgId)
  return { role: roleView(row, catalog.types), version: row.version }
}
