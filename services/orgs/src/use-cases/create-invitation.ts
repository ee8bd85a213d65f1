/**
 * Invites an address with roles. The mail goes out from the event; its secret is minted when it is sent.
 * Who belongs to the organization is not invited, and nobody learns whether an address is known anywhere else.
 */
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem, type AppError } from '@gatehouse/service-kit/errors/app-error'
import type { MemberCaller } from '@gatehouse/access/callers/caller'
import { normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'
import type { Deps } from '../deps.ts'
import type { GrantDecision } from '../domain/invitation.ts'
import { permissions } from '../domain/permissions.ts'
import { lockAddress } from '../store/invitations.ts'
import { askGrantable, inviteAddress, mayInvite } from './invite-address.ts'
import { requirePermission } from './require-permission.ts'
import { invitationView } from './views.ts'

type InviteDeps = Pick<Deps, 'spine' | 'clients' | 'limits'>

/**
 * @throws AppError `forbidden`, `validation_failed` for an unknown role or an address that no mail can reach,
 *   `already_member`, `rate_limited`, `conflict` when the address has an open invitation.
 */
export async function createInvitation(
  deps: InviteDeps,
  caller: MemberCaller,
  { lifetimeDays, ...input }: { email: string; roles: string[]; lifetimeDays: number },
): Promise<Invitation> {
  await requirePermission(deps, caller, permissions.inviteMembers)
  const { roles } = input
  requireGrantable((await askGrantable(deps, caller, roles))(roles))
  const email = normalizeEmailAddress(input.email)
  if (email === undefined)
    throw problem('validation_failed', { errors: [{ path: '/email', message: 'has a domain that no mail can reach' }] })
  const invitedUserId = await deps.clients.identity.findUserByAddress(email)
  const { orgId } = caller
  const outcome = await deps.spine.write({ orgId }, async (tx) => {
    if (!(await mayInvite(tx, caller))) return { kind: 'owners_only' as const }
    await lockAddress(tx, { orgId, email })
    const made = await inviteAddress(tx, deps, caller, { email, invitedUserId, roles, lifetimeDays })
    return made.kind === 'created' ? { kind: made.kind, invitation: keepAnswer(invitationView(made.row)) } : made
  })
  if (outcome.kind === 'owners_only') throw ownersOnly()
  if (outcome.kind === 'already_member') throw problem('already_member')
  if (outcome.kind === 'pending')
    throw problem('conflict', { detail: 'This address has an open invitation; resend it, or revoke it first.' })
  if (outcome.kind === 'limited') throw tooMany(outcome)
  return outcome.invitation
}

export const ownersOnly = (): AppError => problem('forbidden', { detail: 'Only owners invite here.' })

export const tooMany = ({ retryAfterSeconds }: { retryAfterSeconds: number }): AppError =>
  problem('rate_limited', { detail: 'Too many invitations; try again later.', retryAfterSeconds })

/** @throws AppError `validation_failed`, `forbidden` */
export function requireGrantable(decision: GrantDecision): void {
  if (decision.kind === 'unknown_roles') throw problem('validation_failed', { errors: decision.errors })
  if (decision.kind === 'refused_roles')
    throw problem('forbidden', { detail: `You may not give: ${decision.roles.join(', ')}.` })
}
