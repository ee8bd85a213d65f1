/**
 * An owner deletes an organization. Nobody acts for it from then on, and each owner is told by mail; until the grace is
 * over any owner takes it back. Then it is deleted, and the event has every service delete what it keeps of the
 * organization. It takes a permission, ownership, the slug as a confirmation and a recent sign-in, so that an open
 * session in other hands deletes nothing unnoticed.
 */
import { stepUpChallenge } from '@gatehouse/access/call/require-allowed'
import { actorOf, type MemberCaller, type UserCaller } from '@gatehouse/access/callers/caller'
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { recentSignInSeconds } from '../domain/organization-status.ts'
import { permissions } from '../domain/permissions.ts'
import {
  claimDeletion,
  claimRestoration,
  deleteOrganization as deleteRows,
  lockDueOrganizations,
} from '../store/deletion.ts'
import { findMember, listOwners } from '../store/memberships.ts'
import { lockOrganization } from '../store/organizations.ts'
import type { OrganizationRow } from '../store/schema.ts'
import { announceDeletionAsked, announceDeletionUndone, announceOrganizationDeleted } from './announce.ts'
import { findCallerMembership } from './find-caller-membership.ts'
import { requirePermission } from './require-permission.ts'
import { organizationView } from './views.ts'

type Outcome =
  { kind: 'deleting'; dueAt: Date } | { kind: 'not_an_owner' | 'another_slug' | 'not_active' | 'not_found' }

/**
 * When the deletion is due. @throws AppError `forbidden`, `insufficient_user_authentication`, `conflict`, `not_found`
 */
export async function deleteOrganization(
  deps: Pick<Deps, 'spine' | 'clients' | 'clock' | 'settings'>,
  caller: MemberCaller,
  { slug }: { slug: string },
): Promise<Date> {
  await requirePermission(deps, caller, permissions.deleteOrganization)
  requireRecentSignIn(deps, caller)
  const outcome = await deps.spine.write({ orgId: caller.orgId }, (tx) => ask(tx, deps, caller, slug), {
    announce: 'await',
  })
  if (outcome.kind === 'not_an_owner') throw problem('forbidden', { detail: 'Only an owner deletes an organization.' })
  if (outcome.kind === 'another_slug') throw problem('conflict', { detail: 'The organization has another slug.' })
  if (outcome.kind === 'not_active') throw problem('conflict', { detail: 'The organization is not active.' })
  if (outcome.kind !== 'deleting') throw problem('not_found')
  return outcome.dueAt
}

function requireRecentSignIn({ clock }: Pick<Deps, 'clock'>, { claims }: MemberCaller): void {
  if (clock.now().getTime() / 1000 - claims.auth_time > recentSignInSeconds)
    throw stepUpChallenge({ max_age: recentSignInSeconds }, 'signed in too long ago to delete an organization')
}

async function ask(tx: Tx, { settings }: Pick<Deps, 'settings'>, caller: MemberCaller, slug: string): Promise<Outcome> {
  const { orgId: id } = caller
  const organization = await lockOrganization(tx, id)
  if (organization === undefined) return { kind: 'not_found' }
  const member = await findCallerMembership(tx, caller)
  if (member?.isOwner !== true) return { kind: 'not_an_owner' }
  if (organization.slug !== slug) return { kind: 'another_slug' }
  const row = await claimDeletion(tx, { id, graceSeconds: settings.deletionGraceSeconds })
  if (!row?.deletionDueAt) return { kind: 'not_active' }
  await announceDeletionAsked(tx, { row, owners: await listOwners(tx, id), actor: actorOf(caller) })
  return { kind: 'deleting', dueAt: row.deletionDueAt }
}

/** @throws AppError `not_found` unless the organization waits for its deletion and the caller owns it */
export async function restoreOwnOrganization(
  { spine }: Pick<Deps, 'spine'>,
  caller: UserCaller,
  { orgId }: { orgId: string },
): Promise<Organization> {
  const { userId } = caller
  const row = await spine.write({ orgId }, async (tx): Promise<OrganizationRow | undefined> => {
    await lockOrganization(tx, orgId)
    const member = await findMember(tx, { orgId, userId })
    if (member?.isOwner !== true) return undefined
    const restored = await claimRestoration(tx, orgId)
    if (restored) await announceDeletionUndone(tx, restored, actorOf(caller))
    return restored
  })
  if (row === undefined) throw problem('not_found')
  return organizationView(row)
}

const limit = 20

/** Deletes organizations whose grace is over, a batch in a transaction, until none is left; how many. */
export async function deleteDueOrganizations({ spine }: Pick<Deps, 'spine'>): Promise<number> {
  for (let total = 0; ;) {
    const count = await spine.write({}, deleteBatch, { db: 'system' })
    total += count
    if (count < limit) return total
  }
}

async function deleteBatch(tx: Tx): Promise<number> {
  const due = await lockDueOrganizations(tx, { limit })
  for (const id of due) {
    const row = await deleteRows(tx, id)
    if (row) await announceOrganizationDeleted(tx, row)
  }
  return due.length
}
