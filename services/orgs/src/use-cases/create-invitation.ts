/**
 * Invites an address with roles. The mail goes out from the event; its secret is minted when it is sent.
 * Who belongs to the organization is not invited, and nobody learns whether an address is known anywhere else.
 */
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type MemberCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { chargeBudgets } from '@gatehouse/service-kit/postgres/budgets'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'
import type { Deps } from '../deps.ts'
import { decideGrant, decideInvitation, invitationLifetimeDays } from '../domain/invitation.ts'
import { invitationCharges } from '../domain/limits.ts'
import { permissions } from '../domain/permissions.ts'
import {
  claimRevocation,
  expireInvitations,
  findPendingInvitation,
  insertInvitation,
  lockAddress,
} from '../store/invitations.ts'
import { findMembership } from '../store/memberships.ts'
import { findOrganization } from '../store/organizations.ts'
import { announceInvitationCreated, announceInvitationRevoked } from './announce.ts'
import { findCallerMembership } from './find-caller-membership.ts'
import { requirePermission } from './require-permission.ts'
import { invitationView } from './views.ts'

type InviteDeps = Pick<Deps, 'spine' | 'clients' | 'limits'>

type Outcome =
  | { kind: 'created'; invitation: Invitation }
  | { kind: 'already_member' }
  | { kind: 'pending' }
  | { kind: 'owners_only' }
  | { kind: 'limited'; retryAfterSeconds: number }

/**
 * @throws AppError `forbidden`, `validation_failed` for an unknown role or an address that no mail can reach,
 *   `already_member`, `rate_limited`, `conflict` when the address has an open invitation.
 */
export async function createInvitation(
  deps: InviteDeps,
  caller: MemberCaller,
  input: { email: string; roles: string[] },
): Promise<Invitation> {
  await requirePermission(deps, caller, permissions.inviteMembers)
  await requireGrantable(deps, caller, input.roles)
  const email = normalizeEmailAddress(input.email)
  if (email === undefined)
    throw problem('validation_failed', { errors: [{ path: '/email', message: 'has a domain that no mail can reach' }] })
  const invitedUserId = await deps.clients.identity.findUserByAddress(email)
  const outcome = await deps.spine.write({ orgId: caller.orgId }, (tx) =>
    invite(tx, deps, caller, { email, invitedUserId, roles: input.roles }),
  )
  if (outcome.kind === 'owners_only') throw problem('forbidden', { detail: 'Only owners invite here.' })
  if (outcome.kind === 'already_member') throw problem('already_member')
  if (outcome.kind === 'pending')
    throw problem('conflict', { detail: 'This address has an open invitation; revoke it to send another.' })
  if (outcome.kind === 'limited')
    throw problem('rate_limited', {
      detail: 'Too many invitations; try again later.',
      retryAfterSeconds: outcome.retryAfterSeconds,
    })
  return outcome.invitation
}

async function invite(
  tx: Tx,
  { limits }: Pick<Deps, 'limits'>,
  caller: MemberCaller,
  o: { email: string; invitedUserId: string | undefined; roles: string[] },
): Promise<Outcome> {
  const { orgId, userId: invitedBy } = caller
  const { email, invitedUserId, roles } = o
  if (!(await mayInvite(tx, caller))) return { kind: 'owners_only' }
  await lockAddress(tx, { orgId, email })
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
  const invitation = { id: newId('inv'), orgId, email, roles, invitedBy, lifetimeDays: invitationLifetimeDays }
  const row = await insertInvitation(tx, invitation)
  if (!row) throw new Error('An address was invited twice while it was locked')
  await announceInvitationCreated(tx, row, actor)
  return { kind: 'created', invitation: keepAnswer(invitationView(row)) }
}

/** Beside the permission, the organization may leave inviting to its owners. */
async function mayInvite(tx: Tx, caller: MemberCaller): Promise<boolean> {
  const organization = await findOrganization(tx, caller.orgId)
  if (organization?.invitationsBy !== 'owners') return organization !== undefined
  return (await findCallerMembership(tx, caller))?.isOwner === true
}

async function requireGrantable(deps: Pick<Deps, 'clients'>, caller: MemberCaller, roles: string[]): Promise<void> {
  const answer = await deps.clients.authz.checkGrantableRoles({ orgId: caller.orgId, grantedBy: caller.userId, roles })
  const decision = decideGrant(roles, answer)
  if (decision.kind === 'unknown_roles') throw problem('validation_failed', { errors: decision.errors })
  if (decision.kind === 'refused_roles')
    throw problem('forbidden', { detail: `You may not give: ${decision.roles.join(', ')}.` })
}
