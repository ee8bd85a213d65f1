/** Groups of an organization: made, read, renamed, deleted. Deleting one takes what it holds from its members. */
import type { Group } from '@gatehouse/contracts/http/authz/groups'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import {
  closeGroup,
  endGroupHoldings,
  findGroup,
  insertGroup,
  insertNextGroup,
  listGroupRoleIds,
  listGroupsPage,
} from '../../store/groups.ts'
import { announceGroupCreated, announceGroupDeleted, announceGroupUpdated } from '../announce/group.ts'
import { changeDelegable, findUndelegable } from './change-grants.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { pageAt, type ListQuery } from '../page-at.ts'
import { done } from '../refusal.ts'
import { groupView } from '../views.ts'

export type VersionedGroup = { group: Group; version: number }
/** `isExpected` judges the current version by the request's precondition. */
export type GroupChange = { groupId: string; isExpected(version: number): boolean }

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

/** @throws AppError `forbidden`, `not_found` */
export async function getGroup(deps: Deps, caller: OrgCaller, groupId: string): Promise<VersionedGroup> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const row = await inScope(deps.db, { orgId }, (tx) => findGroup(tx, { orgId, id: groupId }))
  if (!row) throw problem('not_found')
  return { group: groupView(row), version: row.version }
}

/** @throws AppError `forbidden`, `conflict` */
export const createGroup = (
  deps: Deps,
  caller: OrgCaller,
  input: { key: string; name: string },
): Promise<VersionedGroup> =>
  changeDelegable(deps, caller, async (tx) => {
    const row = await insertGroup(tx, { id: newId('grp'), version: 1, orgId: caller.orgId, ...input })
    if (!row) return { kind: 'taken' }
    await announceGroupCreated(tx, { row, actor: actorOf(caller) })
    return done({ group: groupView(row), version: row.version })
  })

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export const updateGroup = (
  deps: Deps,
  caller: OrgCaller,
  { groupId, name, isExpected }: GroupChange & { name: string },
): Promise<VersionedGroup> =>
  changeDelegable(deps, caller, async (tx) => {
    const known = await findGroup(tx, { orgId: caller.orgId, id: groupId })
    if (!known) return { kind: 'not_found' }
    const closed = isExpected(known.version) ? await closeGroup(tx, known) : undefined
    if (!closed) return { kind: 'changed' }
    const row = await insertNextGroup(tx, closed, { name })
    await announceGroupUpdated(tx, { row, actor: actorOf(caller) })
    return done({ group: groupView(row), version: row.version })
  })

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export const deleteGroup = (deps: Deps, caller: OrgCaller, { groupId, isExpected }: GroupChange): Promise<void> =>
  changeDelegable(deps, caller, async (tx, model) => {
    const known = await findGroup(tx, { orgId: caller.orgId, id: groupId })
    if (!known) return { kind: 'not_found' }
    if (!isExpected(known.version)) return { kind: 'changed' }
    const refusal = findUndelegable(model, await listGroupRoleIds(tx, groupId))
    if (refusal) return refusal
    const row = await closeGroup(tx, known)
    if (!row) return { kind: 'changed' }
    await endGroupHoldings(tx, groupId)
    await announceGroupDeleted(tx, { row, actor: actorOf(caller) })
    return done(undefined)
  })
