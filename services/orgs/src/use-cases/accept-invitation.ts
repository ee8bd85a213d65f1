/**
 * Accepts an invitation, as the signed-in person whose verified address was invited or as a new person who is made on
 * the way. Making the person is idempotent by invitation, so a crash between the two steps heals by asking again; one
 * acceptance wins.
 */
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import { type Caller, type UserCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { isSameEmailAddress } from '@gatehouse/service-kit/text/email-address'
import type { Deps } from '../deps.ts'
import { decideGrant } from '../domain/invitation.ts'
import type { OpenInvitation } from '../store/invitation-secrets.ts'
import { claimInvitation, lockAddress, lockOpenInvitation } from '../store/invitations.ts'
import { claimMembership, findMember } from '../store/memberships.ts'
import type { InvitationRow, MembershipRow } from '../store/schema.ts'
import { announceInvitationAccepted, announceMembershipCreated } from './announce.ts'
import { getInvitationByToken } from './get-invitation-by-token.ts'

type AcceptDeps = Pick<Deps, 'spine' | 'system' | 'clients'>

export type AcceptInput = { token: string } | { token: string; name: string; password: string }

export type Accepted = {
  user: { id: string }
  organization: { id: string; name: string }
  membership: { id: string; is_owner: boolean }
}

type Outcome =
  | { kind: 'accepted'; membership: MembershipRow }
  | { kind: 'settled' }
  | { kind: 'inviter_gone' }
  | { kind: 'member_or_removed' }

/**
 * @throws AppError `unauthenticated` (neither bearer nor password), `invalid_token`, `weak_password`,
 * `conflict` (a member already, removed since, roles no longer to be given, an address that has an account).
 */
export async function acceptInvitation(deps: AcceptDeps, caller: Caller, input: AcceptInput): Promise<Accepted> {
  const signedIn = 'password' in input ? undefined : requireSignedIn(caller)
  const open = await getInvitationByToken(deps, input.token)
  if (signedIn) await requireInvited(deps, signedIn, open.invitation)
  await requireStillGrantable(deps, open.invitation)
  const userId = 'password' in input ? await makePerson(deps, open.invitation, input) : (signedIn as UserCaller).userId
  const actor = `user:${userId}` as const
  const outcome = await deps.spine.write(
    { orgId: open.invitation.orgId },
    async (tx): Promise<Outcome> => {
      const settled = await settle(tx, open.invitation, userId)
      if (settled.kind !== 'accepted') return settled
      await announceInvitationAccepted(tx, { row: settled.invitation, userId, actor })
      await announceMembershipCreated(tx, settled.membership, actor)
      return settled
    },
    { db: 'system' },
  )
  return accepted(open, userId, outcome)
}

function requireSignedIn(caller: Caller): UserCaller {
  if (caller.kind !== 'user')
    throw problem('unauthenticated', {
      detail: 'Sign in as the invited person, or send a name and a password to become one.',
    })
  return caller
}

/** Somebody else's link is told apart from a wrong one by nobody. */
async function requireInvited(deps: AcceptDeps, caller: UserCaller, invitation: InvitationRow): Promise<void> {
  const profile = (await deps.clients.identity.profilesOf([caller.userId])).get(caller.userId)
  if (!profile?.email_verified || !isSameEmailAddress(profile.email, invitation.email))
    throw problem('invalid_token', { internal: 'another address was invited' })
}

/** Roles and rights may have changed since the invitation was sent. */
async function requireStillGrantable(deps: AcceptDeps, invitation: InvitationRow): Promise<void> {
  const { orgId, invitedBy, roles } = invitation
  const decision = decideGrant(
    roles,
    await deps.clients.authz.checkGrantableRoles({ orgId, grantedBy: invitedBy, roles }),
  )
  if (decision.kind !== 'grantable')
    throw problem('conflict', { detail: 'The roles of this invitation can no longer be given; ask for a new one.' })
}

async function makePerson(
  deps: AcceptDeps,
  invitation: InvitationRow,
  person: { name: string; password: string },
): Promise<string> {
  const { id: invitationId, email } = invitation
  try {
    return await deps.clients.identity.createInvitedUser({
      invitationId,
      email,
      name: person.name,
      password: person.password,
    })
  } catch (err) {
    if (isAppError(err, 'conflict'))
      throw problem('conflict', { detail: 'This address has an account; sign in first, then accept.', cause: err })
    throw err
  }
}

/** The invitation's row is the lock: who comes second finds it settled. Nothing is written unless everything is. */
async function settle(
  tx: Tx,
  { id: invitationId, orgId, email }: InvitationRow,
  userId: string,
): Promise<
  { kind: 'accepted'; invitation: InvitationRow; membership: MembershipRow } | Exclude<Outcome, { kind: 'accepted' }>
> {
  await lockAddress(tx, { orgId, email })
  const locked = await lockOpenInvitation(tx, invitationId)
  if (!locked) return { kind: 'settled' }
  const { roles } = locked
  if (!(await findMember(tx, { orgId, userId: locked.invitedBy }))) return { kind: 'inviter_gone' }
  const membership = await claimMembership(tx, { id: newId('mem'), orgId, userId, roles, invitationId })
  if (!membership) return { kind: 'member_or_removed' }
  const invitation = await claimInvitation(tx, { id: invitationId, answer: 'accepted', acceptedBy: userId })
  if (!invitation) throw new Error('An invitation was settled while it was locked')
  return { kind: 'accepted', invitation, membership }
}

function accepted(open: OpenInvitation, userId: string, outcome: Outcome): Accepted {
  if (outcome.kind === 'settled') throw problem('invalid_token')
  if (outcome.kind === 'inviter_gone')
    throw problem('conflict', { detail: 'Whoever invited you has left; ask for a new invitation.' })
  if (outcome.kind === 'member_or_removed')
    throw problem('conflict', {
      detail: 'You belong to this organization already, or were removed after you had been invited.',
    })
  const { organization } = open
  return {
    user: { id: userId },
    organization: { id: organization.id, name: organization.name },
    membership: { id: outcome.membership.id, is_owner: outcome.membership.isOwner },
  }
}
