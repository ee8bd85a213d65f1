/** Deletes a group, which takes what it holds from its members. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { closeGroup, endGroupHoldings, findGroup, listGroupGrants } from '../../store/groups.ts'
import { announceGroupDeleted } from '../../announce/group.ts'
import { changeGrants, refuseToTake } from '../../model/change-grants.ts'
import { done } from '../../model/refusal.ts'
import type { GroupChange } from './update-group.ts'

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export const deleteGroup = (deps: Deps, caller: OrgCaller, { groupId, isExpected }: GroupChange): Promise<void> =>
  changeGrants(deps, caller, async (tx, model) => {
    const known = await findGroup(tx, { orgId: caller.orgId, id: groupId })
    if (!known) return { kind: 'not_found' }
    if (!isExpected(known.version)) return { kind: 'changed' }
    const refusal = refuseToTake(
      model,
      (await listGroupGrants(tx, groupId)).map(({ roleId }) => roleId),
    )
    if (refusal) return refusal
    const row = await closeGroup(tx, known)
    if (!row) return { kind: 'changed' }
    await endGroupHoldings(tx, groupId)
    await announceGroupDeleted(tx, { row, actor: actorOf(caller) })
    return done(undefined)
  })
