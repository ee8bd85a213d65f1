/** Ends an assignment of a person or a group. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { closeAssignment, findAssignment, lockRoleHolder } from '../../store/assignments.ts'
import { announceAssignmentEnded } from '../../announce/assignment.ts'
import { changeGrants, refuseToTake } from '../../model/change-grants.ts'
import { done } from '../../model/refusal.ts'

/** @throws AppError `forbidden`, `not_found` */
export const deleteAssignment = (deps: Deps, caller: OrgCaller, assignmentId: string): Promise<void> =>
  changeGrants(deps, caller, async (tx, model) => {
    const { orgId } = caller
    const known = await findAssignment(tx, { orgId, id: assignmentId })
    if (!known) return { kind: 'not_found' }
    const refusal = refuseToTake(model, [known.roleId])
    if (refusal) return refusal
    if (known.membershipId !== null) await lockRoleHolder(tx, known.membershipId)
    const row = await closeAssignment(tx, known.id)
    if (!row) return { kind: 'not_found' }
    await announceAssignmentEnded(tx, { row, orgId, actor: actorOf(caller) })
    return done(undefined)
  })
