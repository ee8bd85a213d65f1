/** Invites an address with roles. The mail goes out from the event; its secret is minted when it is sent. */
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type MemberCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../deps.ts'
import { normalizeEmail } from '../domain/email-address.ts'
import { decideGrant, invitationLifetimeDays } from '../domain/invitation.ts'
import { permissions } from '../domain/permissions.ts'
import { expireInvitations, insertInvitation } from '../store/invitations.ts'
import { announceInvitationCreated } from './announce.ts'
import { requirePermission } from './require-permission.ts'
import { invitationView } from './views.ts'

/** @throws AppError `forbidden`, `validation_failed` for an unknown role, `conflict` when the address has an open invitation. */
export async function createInvitation(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: MemberCaller,
  input: { email: string; roles: string[] },
): Promise<Invitation> {
  const { orgId, userId } = caller
  await requirePermission(deps, caller, permissions.inviteMembers)
  await requireGrantable(deps, caller, input.roles)
  const email = normalizeEmail(input.email)
  const row = await deps.spine.write({ orgId }, async (tx) => {
    await expireInvitations(tx, { orgId, email })
    const invitation = {
      id: newId('inv'),
      orgId,
      email,
      roles: input.roles,
      invitedBy: userId,
      lifetimeDays: invitationLifetimeDays,
    }
    const inserted = await insertInvitation(tx, invitation)
    if (inserted) await announceInvitationCreated(tx, inserted, actorOf(caller))
    return inserted
  })
  if (!row) throw problem('conflict', { detail: 'This address has an open invitation; revoke it to send another.' })
  return invitationView(row)
}

async function requireGrantable(deps: Pick<Deps, 'clients'>, caller: MemberCaller, roles: string[]): Promise<void> {
  const answer = await deps.clients.authz.checkGrantableRoles({ orgId: caller.orgId, grantedBy: caller.userId, roles })
  const decision = decideGrant(roles, answer)
  if (decision.kind === 'unknown_roles') throw problem('validation_failed', { errors: decision.errors })
  if (decision.kind === 'refused_roles')
    throw problem('forbidden', { detail: `You may not give: ${decision.roles.join(', ')}.` })
}
