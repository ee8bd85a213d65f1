/**
 * An access request is approved, denied or taken back, once. Approving is granting: it takes the right to decide and
 * the right to give every role, as the policy decision point sees them now, and nobody approves their own request. What
 * is given is stored with the answer, in one transaction.
 */
import { actorOf, type MemberCaller, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { rolesToGive } from '../../domain/access-request.ts'
import { decideGrant } from '../../domain/invitation.ts'
import { permissions } from '../../domain/permissions.ts'
import { claimAccessRequest, findAccessRequest, lockOpenAccessRequest } from '../../store/access-requests.ts'
import { claimMembership, findMember } from '../../store/memberships.ts'
import type { AccessRequestRow, MembershipRow } from '../../store/schema.ts'
import {
  announceAccessRequestApproved,
  announceAccessRequestCancelled,
  announceAccessRequestDenied,
  announceMembershipCreated,
} from '../announce.ts'
import { requirePermission } from '../require-permission.ts'

type Approval = { id: string; roles?: string[]; reason?: string; durationSeconds?: number }
type Outcome = 'settled' | 'settled_before' | 'gone' | 'member_or_removed'

/** @throws AppError `forbidden`, `not_found`, `validation_failed`, `conflict` */
export async function approveAccessRequest(
  deps: Pick<Deps, 'db' | 'spine' | 'clients'>,
  caller: MemberCaller,
  approval: Approval,
): Promise<void> {
  const request = await requireDecidable(deps, caller, approval.id)
  if (request.kind === 'join' && approval.durationSeconds !== undefined)
    throw problem('validation_failed', {
      errors: [{ path: '/duration_seconds', message: 'is of roles; a membership has no end' }],
    })
  const roles = rolesToGive({ kind: request.kind, asked: request.roles, approved: approval.roles })
  const durationSeconds = approval.durationSeconds ?? request.durationSeconds ?? undefined
  await requireGrantable(deps, caller, { roles, ...(durationSeconds !== undefined && { durationSeconds }) })
  const outcome = await deps.spine.write({ orgId: caller.orgId }, (tx) => approve(tx, caller, { ...approval, roles }), {
    announce: 'await',
  })
  requireSettled(outcome)
}

async function approve(tx: Tx, caller: MemberCaller, approval: Approval & { roles: string[] }): Promise<Outcome> {
  const { orgId } = caller
  const { id, roles } = approval
  const request = await lockOpenAccessRequest(tx, { id, orgId })
  if (request === undefined) return 'settled_before'
  const membership = await memberFor(tx, request, roles)
  if (typeof membership === 'string') return membership
  const decisionReason = approval.reason ?? null
  const row = await claimAccessRequest(tx, { id, status: 'approved', decidedBy: caller.userId, roles, decisionReason })
  if (!row?.settledAt) throw new Error('An access request was settled while it was locked')
  const duration = approval.durationSeconds ?? row.durationSeconds
  const expiresAt = duration === null ? undefined : new Date(row.settledAt.getTime() + duration * 1000)
  const actor = actorOf(caller)
  await announceAccessRequestApproved(tx, {
    row,
    membershipId: membership.id,
    approvedBy: caller.userId,
    expiresAt,
    actor,
  })
  if (request.kind === 'join') await announceMembershipCreated(tx, membership, actor)
  return 'settled'
}

/** Who asked to join becomes a member; who asked for roles still is one. */
async function memberFor(
  tx: Tx,
  { id, orgId, userId, kind }: AccessRequestRow,
  roles: string[],
): Promise<MembershipRow | 'gone' | 'member_or_removed'> {
  if (kind === 'role') return (await findMember(tx, { orgId, userId })) ?? 'gone'
  const joining = { id: newId('mem'), orgId, userId, roles, accessRequestId: id }
  return (await claimMembership(tx, joining)) ?? 'member_or_removed'
}

/** @throws AppError `forbidden`, `not_found`, `conflict` */
export async function denyAccessRequest(
  deps: Pick<Deps, 'db' | 'spine' | 'clients'>,
  caller: MemberCaller,
  { id, reason }: { id: string; reason: string },
): Promise<void> {
  await requireDecidable(deps, caller, id)
  const outcome = await deps.spine.write({ orgId: caller.orgId }, async (tx): Promise<Outcome> => {
    const answer = { status: 'denied' as const, decidedBy: caller.userId, decisionReason: reason }
    const row = await claimAccessRequest(tx, { id, ...answer })
    if (row) await announceAccessRequestDenied(tx, row, actorOf(caller))
    return row ? 'settled' : 'settled_before'
  })
  requireSettled(outcome)
}

/** @throws AppError `not_found`, `conflict` */
export async function cancelAccessRequest(
  deps: Pick<Deps, 'db' | 'spine'>,
  caller: UserCaller,
  { id }: { id: string },
): Promise<void> {
  const { userId } = caller
  const request = await readInScope(deps.db, { userId }, (tx) => findAccessRequest(tx, { id, userId }))
  if (request === undefined) throw problem('not_found')
  const outcome = await deps.spine.write({ orgId: request.orgId, userId }, async (tx): Promise<Outcome> => {
    const row = await claimAccessRequest(tx, { id, status: 'cancelled' })
    if (row) await announceAccessRequestCancelled(tx, row, actorOf(caller))
    return row ? 'settled' : 'settled_before'
  })
  requireSettled(outcome)
}

/** The request, which somebody else sent. */
async function requireDecidable(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: MemberCaller,
  id: string,
): Promise<AccessRequestRow> {
  await requirePermission(deps, caller, permissions.decideAccessRequests)
  const { orgId } = caller
  const request = await readInScope(deps.db, { orgId }, (tx) => findAccessRequest(tx, { id, orgId }))
  if (request === undefined) throw problem('not_found')
  if (request.userId === caller.userId)
    throw problem('forbidden', { detail: 'Somebody else decides what you asked for.' })
  if (request.status !== 'pending') throw problem('conflict', { detail: `The request is ${request.status}.` })
  return request
}

async function requireGrantable(
  deps: Pick<Deps, 'clients'>,
  caller: MemberCaller,
  grant: { roles: string[]; durationSeconds?: number },
): Promise<void> {
  const { orgId, userId: grantedBy } = caller
  const decision = decideGrant(
    grant.roles,
    await deps.clients.authz.checkGrantableRoles({ orgId, grantedBy, ...grant }),
  )
  if (decision.kind === 'unknown_roles') throw problem('validation_failed', { errors: decision.errors })
  if (decision.kind === 'refused_roles')
    throw problem('forbidden', { detail: `You may not give: ${decision.roles.join(', ')}.` })
}

function requireSettled(outcome: Outcome): void {
  if (outcome === 'settled_before') throw problem('conflict', { detail: 'The request is settled or has expired.' })
  if (outcome === 'gone') throw problem('conflict', { detail: 'Whoever asked is no member any more.' })
  if (outcome === 'member_or_removed')
    throw problem('conflict', { detail: 'Whoever asked is a member already, or was removed after asking.' })
}
