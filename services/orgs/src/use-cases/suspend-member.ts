/**
 * Suspends a member, or lets them act for the organization again. Roles and attributes stay. The floor of a suspended
 * membership rises above every token minted for it, and the answer waits for the announcement.
 */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { decideSuspension, type SuspensionDecision } from '../domain/membership.ts'
import { permissions } from '../domain/permissions.ts'
import { claimReactivation, claimSuspension, findListedMember } from '../store/memberships.ts'
import { lockOrganization } from '../store/organizations.ts'
import { announceMembershipStatus } from './announce.ts'
import { requirePermission } from './require-permission.ts'

type Wanted = { userId: string } & ({ status: 'suspended'; reason: string } | { status: 'active' })

/** @throws AppError `forbidden`, `not_found`, `conflict` for an owner or oneself. */
export async function setMemberStatus(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  wanted: Wanted,
): Promise<void> {
  await requirePermission(deps, caller, permissions.removeMembers)
  const decision = await deps.spine.write({ orgId: caller.orgId }, (tx) => settle(tx, caller, wanted), {
    announce: 'await',
  })
  if (decision === 'not_found') throw problem('not_found')
  if (decision === 'oneself') throw problem('conflict', { detail: 'Nobody suspends oneself.' })
  if (decision === 'an_owner') throw problem('conflict', { detail: 'Take the ownership first.' })
}

async function settle(tx: Tx, caller: OrgCaller, wanted: Wanted): Promise<SuspensionDecision> {
  const { orgId } = caller
  await lockOrganization(tx, orgId)
  const target = await findListedMember(tx, { orgId, userId: wanted.userId })
  const by = caller.kind === 'user' ? caller.userId : undefined
  const decision = decideSuspension({ by, target, status: wanted.status })
  if (decision !== 'settle' || !target) return decision
  const claim = wanted.status === 'suspended' ? claimSuspension : claimReactivation
  const row = await claim(tx, target.id)
  if (!row) throw new Error('A membership changed under the lock on its organization')
  const reason = wanted.status === 'suspended' ? wanted.reason : undefined
  await announceMembershipStatus(tx, { row, reason, actor: actorOf(caller) })
  return decision
}
