/** Who belongs to a group, by id of the person. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findGroup, listGroupMembersPage } from '../../store/groups.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { pageAt, type ListQuery } from '../../views/page-at.ts'

/** By id of the person, as of `at`. @throws AppError `forbidden`, `not_found`, `validation_failed`, `invalid_cursor` */
export async function listGroupMembers(
  deps: Deps,
  caller: OrgCaller,
  query: ListQuery & { readonly groupId: string },
): Promise<PageOf<{ user: { id: string } }>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const { groupId } = query
  const { data, page } = await pageAt(deps, query, {
    length: 1,
    isPlace: ([id]) => isTypeId('user', id),
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, async (tx) => {
        if (!(await findGroup(tx, { orgId, id: groupId, at }))) throw problem('not_found')
        return listGroupMembersPage(tx, { groupId, limit, at, afterUserId: after?.map(String)[0] })
      }),
    placeOf: ({ userId }) => [userId],
  })
  return { data: data.map(({ userId }) => ({ user: { id: userId } })), page }
}
