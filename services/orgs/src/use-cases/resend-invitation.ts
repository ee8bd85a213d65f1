/**
 * Sends a pending invitation again. Links of before are void once the answer is there, and who resends it has invited:
 * it takes the same rights and counts against the same limits.
 */
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type MemberCaller } from '@gatehouse/access/callers/caller'
import { chargeBudgets } from '@gatehouse/service-kit/postgres/budgets'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { invitationCharges } from '../domain/limits.ts'
import { permissions } from '../domain/permissions.ts'
import { claimResending, findInvitation, lockAddress } from '../store/invitations.ts'
import type { InvitationRow } from '../store/schema.ts'
import { announceInvitationResent } from './announce.ts'
import { ownersOnly, requireGrantable, tooMany } from './create-invitation.ts'
import { askGrantable, mayInvite } from './invite-address.ts'
import { requirePermission } from './require-permission.ts'
import { invitationView } from './views.ts'

type Outcome =
  | { kind: 'resent'; row: InvitationRow }
  | { kind: 'limited'; retryAfterSeconds: number }
  | { kind: 'owners_only' }
  | { kind: 'settled' }

/** @throws AppError `forbidden`, `not_found`, `rate_limited`, `conflict` when it is pending no more. */
export async function resendInvitation(
  deps: Pick<Deps, 'db' | 'spine' | 'clients' | 'limits'>,
  caller: MemberCaller,
  { id }: { id: string },
): Promise<Invitation> {
  const { orgId } = caller
  await requirePermission(deps, caller, permissions.inviteMembers)
  const invitation = await readInScope(deps.db, { orgId }, (tx) => findInvitation(tx, { orgId, id }))
  if (invitation === undefined) throw problem('not_found')
  const { roles } = invitation
  requireGrantable((await askGrantable(deps, caller, roles))(roles))
  const outcome = await deps.spine.write({ orgId }, (tx) => resend(tx, deps, caller, invitation))
  if (outcome.kind === 'owners_only') throw ownersOnly()
  if (outcome.kind === 'limited') throw tooMany(outcome)
  if (outcome.kind === 'settled') throw problem('conflict', { detail: 'The invitation is not pending any more.' })
  return invitationView(outcome.row)
}

async function resend(
  tx: Tx,
  { limits }: Pick<Deps, 'limits'>,
  caller: MemberCaller,
  { id, email }: InvitationRow,
): Promise<Outcome> {
  const { orgId, userId: invitedBy } = caller
  if (!(await mayInvite(tx, caller))) return { kind: 'owners_only' }
  await lockAddress(tx, { orgId, email })
  if ((await findInvitation(tx, { orgId, id }))?.status !== 'pending') return { kind: 'settled' }
  const charged = await chargeBudgets(tx, invitationCharges(limits, { orgId, invitedBy, email }))
  if (charged.kind === 'limited') return charged
  const row = await claimResending(tx, { orgId, id, invitedBy })
  if (!row) return { kind: 'settled' }
  await announceInvitationResent(tx, row, actorOf(caller))
  return { kind: 'resent', row }
}
