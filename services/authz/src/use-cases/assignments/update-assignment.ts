/**
 * Changes how long a grant lasts: it ends, and one with the new end takes its place at once, so that every moment of
 * the past stays as it was.
 */
import type { Assignment } from '@gatehouse/contracts/http/authz/assignments'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { closeAssignment, findAssignment, insertAssignment, lockRoleHolder } from '../../store/assignments.ts'
import { principalIdOf, type AssignmentRow } from '../../store/schema.ts'
import { announceAssignmentCreated, announceAssignmentEnded } from '../../announce/assignment.ts'
import type { OpenModel } from '../../model/open-model.ts'
import { done, type Outcome, type Refusal } from '../../model/refusal.ts'
import { assignmentView } from '../../views/assignment.ts'
import { changeGrants, refuseToGive, refuseToTake } from '../../model/change-grants.ts'

type Change = { assignmentId: string; expiresAt: string | null }

/** @throws AppError `forbidden`, `not_found`, `validation_failed` */
export const updateAssignment = (deps: Deps, caller: OrgCaller, input: Change): Promise<Assignment> =>
  changeGrants(deps, caller, (tx, model) => update(tx, { model, caller, input }))

type Updating = { model: OpenModel; caller: OrgCaller; input: Change }

async function update(tx: Tx, { model, caller, input }: Updating): Promise<Outcome<Assignment>> {
  const { orgId } = caller
  const actor = actorOf(caller)
  const known = await findAssignment(tx, { orgId, id: input.assignmentId })
  const role = known && model.rolesById.get(known.roleId)
  if (!known || !role) return { kind: 'not_found' }
  const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt)
  if (expiresAt && expiresAt.getTime() <= model.nowMs)
    return { kind: 'invalid', errors: [{ path: '/expires_at', message: 'must lie ahead' }] }
  if (expiresAt?.getTime() === known.expiresAt?.getTime()) return done(assignmentView(known, role.key) as Assignment)
  const refusal = refuseNewEnd(model, { known, expiresAt })
  if (refusal) return refusal
  if (known.membershipId !== null) await lockRoleHolder(tx, known.membershipId)
  const ended = await closeAssignment(tx, known.id)
  if (!ended) return { kind: 'not_found' }
  await announceAssignmentEnded(tx, { row: ended, orgId, actor })
  const { id: _id, scope: _scope, validFrom: _from, validTo: _to, ...same } = known
  const row = await insertAssignment(tx, { ...same, principalId: principalIdOf(known), expiresAt, givenBy: actor })
  if (!row) throw new Error('an assignment came back under the lock of its model')
  await announceAssignmentCreated(tx, { row, orgId, actor })
  return done(assignmentView(row, role.key) as Assignment)
}

/** A longer grant is given, a shorter one takes the rest. */
function refuseNewEnd(
  model: OpenModel,
  { known, expiresAt }: { known: AssignmentRow; expiresAt: Date | null },
): Refusal | undefined {
  const [was, is] = [known.expiresAt?.getTime() ?? Infinity, expiresAt?.getTime() ?? Infinity]
  return is > was
    ? refuseToGive(model, [{ roleId: known.roleId, expiresAtMs: is }])
    : refuseToTake(model, [known.roleId])
}
