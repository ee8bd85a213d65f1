/** Groups of an organization, by key. */
import type { Group } from '@gatehouse/contracts/http/authz/groups'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { listGroupsPage } from '../../store/groups.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { pageAt, type ListQuery } from '../../views/page-at.ts'
import { groupView } from '../../views/group.ts'

/** By key, as of `at`. @throws AppError `forbidden`, `validation_failed`, `invalid_cursor` */
export async function listGroups(deps: Deps, caller: OrgCaller, query: ListQuery): Promise<PageOf<Group>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const { data, page } = await pageAt(deps, query, {
    length: 1,
    isPlace: ([key]) => typeof key === 'string',
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, (tx) => listGroupsPage(tx, { orgId, limit, at, afterKey: after?.map(String)[0] })),
    placeOf: ({ key }) => [key],
  })
  return { data: data.map(groupView), page }
}
