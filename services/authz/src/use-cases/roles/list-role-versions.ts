/** What a role of the organization has been, newest first. */
import type { RoleVersion } from '@gatehouse/contracts/http/authz/roles'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { listRoleVersions as listVersions } from '../../store/roles.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { roleVersionView } from '../../views/role.ts'

/** @throws AppError `forbidden`, `not_found`, `invalid_cursor` */
export async function listRoleVersions(
  deps: Deps,
  caller: OrgCaller,
  input: { roleId: string; limit: number; cursor?: string | undefined },
): Promise<PageOf<RoleVersion>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const after = decodeCursor(input.cursor, 1, ([version]) => typeof version === 'number')
  const rows = await inScope(deps.db, { orgId }, (tx) =>
    listVersions(tx, {
      orgId,
      id: input.roleId,
      limit: input.limit + 1,
      ...(after ? { beforeVersion: Number(after[0]) } : {}),
    }),
  )
  if (rows.length === 0 && !after) throw problem('not_found')
  const { catalog } = await deps.factCache.model(orgId)
  const { data, page } = pageOf(rows, input.limit, (row) => [row.version])
  return { data: data.map((row) => roleVersionView(row, catalog.types)), page }
}
