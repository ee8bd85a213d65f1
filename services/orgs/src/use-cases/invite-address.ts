/** What every way to invite has in common: who may, which roles, and one address under its lock. */
import { actorOf, type MemberCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { chargeBudgets } from '@gatehouse/service-kit/postgres/budgets'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { decideGrant, decideInvitation, type GrantDecision } from '../domain/invitation.ts'
import { invitationCharges } from '../domain/limits.ts'
import { claimRevocation, expireInvitations, findPendingInvitation, insertInvitation } from '../store/invitations.ts'
import { findMembership } from '../store/memberships.ts'
import { findOrganization } from '../store/organizations.ts'
import type { InvitationRow } from '../store/schema.ts'
import { announceInvitationCreated, announceInvitationRevoked } from './announce.ts'
import { findCallerMembership } from './find-caller-membership.ts'

/** Beside the permission, the organization may leave inviting to its owners. */
export async function mayInvite(tx: Tx, caller: MemberCaller): Promise<boolean> {
  const organization = await findOrganization(tx, caller.orgId)
  if (organization?.invitationsBy !== 'owners') return organization !== undefined
  return (await findCallerMembership(tx, caller))?.isOwner === true
}

/** What the policy decision point says of the roles; asked once for all that are given at a time. */
export async function askGrantable(
  deps: Pick<Deps, 'clients'>,
  caller: MemberCaller,
  roles: readonly string[],
): Promise<(some: readonly string[]) => GrantDecision> {
  const { orgId, userId: grantedBy } = caller
  const answer = await deps.clients.authz.checkGrantableRoles({ orgId, grantedBy, roles: [...new Set(roles)] })
  return (some) =>
    decideGrant(some, {
      unknown: answer.unknown.filter((role) => some.includes(role)),
      refused: answer.refused.filter((role) => some.includes(role)),
    })
}

export type InvitationOutcome =
  | { kind: 'created'; row: InvitationRow }
  | { kind: 'already_member' }
  | { kind: 'pending' }
  | { kind: 'limited'; retryAfterSeconds: number }

type Invited = { email: string; invitedUserId: string | undefined; roles: string[]; lifetimeDays: number }

/** Invites an address that is locked. */
export async function inviteAddress(
  tx: Tx,
  { limits }: Pick<Deps, 'limits'>,
  caller: MemberCaller,
  { invitedUserId, ...invited }: Invited,
): Promise<InvitationOutcome> {
  const { orgId, userId: invitedBy } = caller
  const { email } = invited
  const membership =
    invitedUserId === undefined ? undefined : await findMembership(tx, { orgId, userId: invitedUserId })
  await expireInvitations(tx, { orgId, email })
  const pending = await findPendingInvitation(tx, { orgId, email })
  const decision = decideInvitation({ membership, pending })
  if (decision.kind === 'already_member' || decision.kind === 'pending') return decision
  const charged = await chargeBudgets(tx, invitationCharges(limits, { orgId, invitedBy, email }))
  if (charged.kind === 'limited') return charged
  const actor = actorOf(caller)
  const replaced = decision.kind === 'replace' && pending ? await claimRevocation(tx, pending) : undefined
  if (replaced) await announceInvitationRevoked(tx, replaced, actor)
  const row = await insertInvitation(tx, { ...invited, id: newId('inv'), orgId, invitedBy })
  if (!row) throw new Error('An address was invited twice while it was locked')
  await announceInvitationCreated(tx, row, actor)
  return { kind: 'created', row }
}
