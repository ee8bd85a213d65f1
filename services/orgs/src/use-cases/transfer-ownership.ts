/**
 * An owner makes another member an owner in their own place, in one step, so that there is no moment with two of them
 * and none with nobody. Decided under the lock on the organization. An owner's hand alone does it, whatever the
 * policies say.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { decideTransfer, type TransferDecision } from '../domain/membership.ts'
import { claimUpdate, findMember } from '../store/memberships.ts'
import { lockOrganization } from '../store/organizations.ts'
import type { MembershipRow } from '../store/schema.ts'
import { announceMembershipUpdated } from './announce.ts'
import { findCallerMembership } from './find-caller-membership.ts'

/** @throws AppError `forbidden`, `not_found`; `conflict` for oneself */
export async function transferOwnership(
  deps: Pick<Deps, 'spine'>,
  caller: OrgCaller,
  { userId }: { userId: string },
): Promise<void> {
  const decision = await deps.spine.write({ orgId: caller.orgId }, (tx) => transfer(tx, caller, userId), {
    announce: 'await',
  })
  if (decision === 'not_an_owner') throw problem('forbidden', { detail: 'Only an owner hands over ownership.' })
  if (decision === 'not_found') throw problem('not_found')
  if (decision === 'oneself') throw problem('conflict', { detail: 'Ownership is handed over to somebody else.' })
}

async function transfer(tx: Tx, caller: OrgCaller, userId: string): Promise<TransferDecision> {
  const { orgId } = caller
  await lockOrganization(tx, orgId)
  const from = await findCallerMembership(tx, caller)
  const to = await findMember(tx, { orgId, userId })
  const decision = decideTransfer({ from, to })
  if (decision !== 'transferred' || !from || !to) return decision
  if (!to.isOwner) await setOwner(tx, caller, { row: to, isOwner: true })
  await setOwner(tx, caller, { row: from, isOwner: false })
  return decision
}

async function setOwner(tx: Tx, caller: OrgCaller, o: { row: MembershipRow; isOwner: boolean }): Promise<void> {
  const { id, attributes } = o.row
  const row = await claimUpdate(tx, { id, attributes, isOwner: o.isOwner })
  if (row) await announceMembershipUpdated(tx, { row, changed: ['is_owner'], actor: actorOf(caller) })
}
