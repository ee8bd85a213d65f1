/**
 * Replaces a member's attributes (a permission) or gives and takes ownership (an owner's hand, whatever the policies
 * say). Decided under the lock on the organization, so two owners taking it from each other leave one.
 */
import type { Member } from '@gatehouse/contracts/http/orgs/organizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { decideUpdate, type MemberChange, type UpdateDecision } from '../domain/membership.ts'
import { permissions } from '../domain/permissions.ts'
import { claimUpdate, countOwners, findListedMember } from '../store/memberships.ts'
import { lockOrganization } from '../store/organizations.ts'
import type { MembershipRow } from '../store/schema.ts'
import { announceMembershipUpdated } from './announce.ts'
import { findCallerMembership } from './find-caller-membership.ts'
import { requirePermission } from './require-permission.ts'
import { memberView } from './views.ts'

/**
 * @throws AppError `forbidden`, `not_found`, `last_owner`, `conflict`; `upstream_failed` when identity cannot name the
 *   member, with nothing changed.
 */
export async function updateMember(
  deps: Pick<Deps, 'db' | 'spine' | 'clients'>,
  caller: OrgCaller,
  input: { userId: string; change: MemberChange },
): Promise<Member> {
  const { userId, change } = input
  if (change.attributes !== undefined) await requirePermission(deps, caller, permissions.updateMembers)
  const protectedAttributes =
    change.attributes === undefined ? [] : await deps.clients.authz.protectedAttributes(caller)
  const wanted = { ...input, protectedAttributes }
  // Decided before identity is asked, so that who may not do it causes no call; and again under the lock.
  requireDecided((await inScope(deps.db, { orgId: caller.orgId }, (tx) => decide(tx, caller, wanted))).decision)
  const profiles = await deps.clients.identity.profilesOf([userId])
  const { decision, row } = await deps.spine.write({ orgId: caller.orgId }, (tx) => update(tx, caller, wanted))
  requireDecided(decision)
  if (!row) throw problem('not_found')
  return memberView(row, profiles.get(userId))
}

/** `protectedAttributes`: what the caller may not write. */
type Wanted = { userId: string; change: MemberChange; protectedAttributes: readonly string[] }

/** @throws AppError `forbidden`, `last_owner`, `not_found` */
function requireDecided(decision: UpdateDecision): void {
  if (decision.kind === 'not_an_owner')
    throw problem('forbidden', { detail: 'Only an owner gives or takes ownership.' })
  if (decision.kind === 'protected_attributes')
    throw problem('forbidden', {
      detail:
        `Policies read ${decision.names.join(', ')}: writing it takes the permission ` +
        `${permissions.writeAttributes}.`,
    })
  if (decision.kind === 'last_owner') throw problem('last_owner')
  if (decision.kind === 'suspended') throw problem('conflict', { detail: 'The member is suspended.' })
  if (decision.kind === 'not_found') throw problem('not_found')
}

async function decide(
  tx: Tx,
  caller: OrgCaller,
  input: Wanted,
): Promise<{ decision: UpdateDecision; target: MembershipRow | undefined }> {
  const { orgId } = caller
  const [target, actor, ownerCount] = await Promise.all([
    findListedMember(tx, { orgId, userId: input.userId }),
    findCallerMembership(tx, caller),
    countOwners(tx, orgId),
  ])
  return { decision: decideUpdate({ actor, target, ...input, ownerCount }), target }
}

async function update(
  tx: Tx,
  caller: OrgCaller,
  input: Wanted,
): Promise<{ decision: UpdateDecision; row?: MembershipRow | undefined }> {
  await lockOrganization(tx, caller.orgId)
  const { decision, target } = await decide(tx, caller, input)
  if (decision.kind !== 'changed' || !target) return { decision, row: target }
  const row = await claimUpdate(tx, { id: target.id, attributes: decision.attributes, isOwner: decision.isOwner })
  if (row) await announceMembershipUpdated(tx, { row, changed: decision.changed, actor: actorOf(caller) })
  return { decision, row }
}
