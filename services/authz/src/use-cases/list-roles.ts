/** Roles that can be given in an organization: the platform's first, then its own, by key. */
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../deps.ts'
import { ownerRole, permissions, platformAdminRole } from '../domain/platform.ts'
import { listRolesPage } from '../store/roles.ts'
import { requirePermission } from './check-permissions.ts'
import { roleView } from './views.ts'

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listRoles(deps: Deps, caller: OrgCaller, input: { limit: number; cursor?: string | undefined }): Promise<PageOf<Role>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const after = decodeCursor(input.cursor, 2, ([isOwn, key]) => (isOwn === 0 || isOwn === 1) && typeof key === 'string')
  const { catalog } = await deps.knowledge.model(orgId)
  const rows = await inScope(deps.db, { orgId }, (tx) =>
    listRolesPage(tx, { orgId, limit: input.limit + 1, hidden: [ownerRole, platformAdminRole], ...(after ? { after: { isOwn: after[0] === 1, key: String(after[1]) } } : {}) }),
  )
  const { data, page } = pageOf(rows, input.limit, (row) => [row.orgId === null ? 0 : 1, row.key])
  return { data: data.map((row) => roleView(row, catalog.types)), page }
}
