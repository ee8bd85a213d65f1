/** Roles that can be given in an organization: the platform's first, then its own, by key. */
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { ownerRole, permissions, platformAdminRole } from '../../domain/platform.ts'
import { listRolesPage } from '../../store/roles.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { factsAt } from '../../facts/fact-cache.ts'
import { pageAt, type ListQuery } from '../../views/page-at.ts'
import { roleView } from '../../views/role.ts'

/** As of `at`, with the types there were then. @throws AppError `forbidden`, `validation_failed`, `invalid_cursor` */
export async function listRoles(deps: Deps, caller: OrgCaller, query: ListQuery): Promise<PageOf<Role>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const { data, page, at } = await pageAt(deps, query, {
    length: 2,
    isPlace: ([isOwn, key]) => (isOwn === 0 || isOwn === 1) && typeof key === 'string',
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, (tx) =>
        listRolesPage(tx, {
          orgId,
          limit,
          hidden: [ownerRole, platformAdminRole],
          at,
          after: after && { isOwn: after[0] === 1, key: String(after[1]) },
        }),
      ),
    placeOf: (row) => [row.orgId === null ? 0 : 1, row.key],
  })
  const { catalog } = await factsAt(deps.factCache, at).model(orgId)
  return { data: data.map((row) => roleView(row, catalog.types)), page }
}
