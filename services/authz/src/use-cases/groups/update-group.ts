/** Renames a group. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { closeGroup, findGroup, insertNextGroup } from '../../store/groups.ts'
import { announceGroupUpdated } from '../../announce/group.ts'
import { changeGrants } from '../../model/change-grants.ts'
import { done } from '../../model/refusal.ts'
import { groupView } from '../../views/group.ts'
import type { VersionedGroup } from './get-group.ts'

/** `isExpected` judges the current version by the request's precondition. */
export type GroupChange = { groupId: string; isExpected(version: number): boolean }

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export const updateGroup = (
  deps: Deps,
  caller: OrgCaller,
  { groupId, name, isExpected }: GroupChange & { name: string },
): Promise<VersionedGroup> =>
  changeGrants(deps, caller, async (tx) => {
    const known = await findGroup(tx, { orgId: caller.orgId, id: groupId })
    if (!known) return { kind: 'not_found' }
    const closed = isExpected(known.version) ? await closeGroup(tx, known) : undefined
    if (!closed) return { kind: 'changed' }
    const row = await insertNextGroup(tx, closed, { name })
    await announceGroupUpdated(tx, { row, actor: actorOf(caller) })
    return done({ group: groupView(row), version: row.version })
  })
