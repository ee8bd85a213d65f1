/** Makes a group, which holds nothing yet. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { insertGroup } from '../../store/groups.ts'
import { announceGroupCreated } from '../../announce/group.ts'
import { changeGrants } from '../../model/change-grants.ts'
import { done } from '../../model/refusal.ts'
import { groupView } from '../../views/group.ts'
import type { VersionedGroup } from './get-group.ts'

/** @throws AppError `forbidden`, `conflict` */
export const createGroup = (
  deps: Deps,
  caller: OrgCaller,
  input: { key: string; name: string },
): Promise<VersionedGroup> =>
  changeGrants(deps, caller, async (tx) => {
    const row = await insertGroup(tx, { id: newId('grp'), version: 1, orgId: caller.orgId, ...input })
    if (!row) return { kind: 'taken' }
    await announceGroupCreated(tx, { row, actor: actorOf(caller) })
    return done({ group: keepAnswer(groupView(row)), version: row.version })
  })
