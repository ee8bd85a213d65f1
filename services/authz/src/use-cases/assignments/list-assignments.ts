/** Roles given to people and groups one by one, in the order they were given. */
import type { Assignment } from '@gatehouse/contracts/http/authz/assignments'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { listAssignmentsPage } from '../../store/assignments.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { pageAt, type ListQuery } from '../../views/page-at.ts'
import { assignmentView } from '../../views/assignment.ts'

/**
 * Of people and groups, in the order they were given, as of `at`. @throws AppError `forbidden`, `validation_failed`,
 * `invalid_cursor`
 */
export async function listAssignments(
  deps: Deps,
  caller: OrgCaller,
  query: ListQuery & { readonly principal?: string | undefined },
): Promise<PageOf<Assignment>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const { data, page, at } = await pageAt(deps, query, {
    length: 1,
    isPlace: ([id]) => isTypeId('asg', id),
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, (tx) =>
        listAssignmentsPage(tx, { orgId, limit, at, afterId: after?.map(String)[0], principalId: query.principal }),
      ),
    placeOf: ({ id }) => [id],
  })
  const keys = new Map(
    (await inScope(deps.db, { orgId }, (tx) => listRolesInReach(tx, orgId, at))).map(({ id, key }) => [id, key]),
  )
  return { data: data.flatMap((row) => assignmentView(row, keys.get(row.roleId)) ?? []), page }
}
