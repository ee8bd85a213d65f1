/**
 * Removes a member, or lets one leave. The membership's floor rises above every token minted for it,
 * and the answer waits for the announcement: 204 means the gateway has been told.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { decideRemoval, type RemovalDecision } from '../domain/membership.ts'
import { permissions } from '../domain/permissions.ts'
import { claimRemoval, countOwners, findListedMember } from '../store/memberships.ts'
import { lockOrganization } from '../store/organizations.ts'
import { announceMembershipRemoved } from './announce.ts'
import { findCallerMembership } from './find-caller-membership.ts'
import { requirePermission } from './require-permission.ts'

/** @throws AppError `forbidden`, `not_found`, `last_owner` */
export async function removeMember(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  input: { userId: string },
): Promise<void> {
  if (caller.kind !== 'user' || input.userId !== caller.userId)
    await requirePermission(deps, caller, permissions.removeMembers)
  const decision = await deps.spine.write({ orgId: caller.orgId }, (tx) => remove(tx, caller, input.userId), {
    announce: 'await',
  })
  if (decision.kind === 'not_found') throw problem('not_found')
  if (decision.kind === 'not_an_owner') throw problem('forbidden', { detail: 'Only an owner removes an owner.' })
  if (decision.kind === 'last_owner') throw problem('last_owner')
}

async function remove(tx: Tx, caller: OrgCaller, userId: string): Promise<RemovalDecision> {
  const { orgId } = caller
  await lockOrganization(tx, orgId)
  const target = await findListedMember(tx, { orgId, userId })
  const actor = await findCallerMembership(tx, caller)
  const decision = decideRemoval({ actor, target, ownerCount: await countOwners(tx, orgId) })
  if (decision.kind !== 'removed' || !target) return decision
  const row = await claimRemoval(tx, target.id)
  if (!row) return { kind: 'not_found' }
  await announceMembershipRemoved(tx, row, actorOf(caller))
  return decision
}
