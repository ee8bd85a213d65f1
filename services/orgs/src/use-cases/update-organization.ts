/**
 * Changes what an organization is called and how it looks. What is so already changes nothing and announces nothing.
 */
import type { Organization, OrganizationColors } from '@gatehouse/contracts/http/orgs/organizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { isUniqueViolation } from '@gatehouse/service-kit/postgres/errors'
import type { Deps } from '../deps.ts'
import { contrastOf, readableContrast } from '../domain/contrast.ts'
import { permissions } from '../domain/permissions.ts'
import { lockOrganization, updateProfile, type Profile } from '../store/organizations.ts'
import type { OrganizationRow } from '../store/schema.ts'
import { announceOrganizationUpdated } from './announce.ts'
import { requirePermission } from './require-permission.ts'
import { organizationView } from './views.ts'

/** An absent member stays as it is. `isExpected` judges the present version by the precondition of the request. */
type Change = { profile: Partial<Profile>; isExpected(version: number): boolean }
type Outcome = { kind: 'settled'; row: OrganizationRow } | { kind: 'not_found' | 'precondition_failed' }

/**
 * @throws AppError `forbidden`, `validation_failed`, `not_found`, `precondition_failed`, `conflict` when the slug is
 * taken
 */
export async function updateOrganization(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  change: Change,
): Promise<{ organization: Organization; version: number }> {
  await requirePermission(deps, caller, permissions.updateOrganization)
  requireReadable(change.profile.colors)
  const outcome = await deps.spine
    .write({ orgId: caller.orgId }, (tx) => update(tx, caller, change))
    .catch((error: unknown) => {
      if (!isUniqueViolation(error, 'organizations_slug_unique')) throw error
      throw problem('conflict', { detail: 'This slug is taken.', cause: error })
    })
  if (outcome.kind !== 'settled') throw problem(outcome.kind)
  return { organization: organizationView(outcome.row), version: outcome.row.version }
}

function requireReadable(colors: OrganizationColors | null | undefined): void {
  if (!colors) return
  const contrast = contrastOf(colors.background, colors.text)
  if (contrast >= readableContrast) return
  const found = `has a contrast of ${contrast.toFixed(2)} to the background`
  const message = `${found}; text needs ${readableContrast} to be readable`
  throw problem('validation_failed', { errors: [{ path: '/colors/text', message }] })
}

async function update(tx: Tx, caller: OrgCaller, { profile, isExpected }: Change): Promise<Outcome> {
  const { orgId: id } = caller
  const before = await lockOrganization(tx, id)
  if (!before) return { kind: 'not_found' }
  if (!isExpected(before.version)) return { kind: 'precondition_failed' }
  const { name, slug, logoUrl, colors } = { ...before, ...profile }
  const changed = changesBetween(before, { name, slug, logoUrl, colors })
  if (changed.length === 0) return { kind: 'settled', row: before }
  const row = await updateProfile(tx, { id, name, slug, logoUrl, colors })
  if (!row) return { kind: 'not_found' }
  await announceOrganizationUpdated(tx, { row, changed, actor: actorOf(caller) })
  return { kind: 'settled', row }
}

const changesBetween = (before: Profile, after: Profile): string[] => [
  ...(before.name === after.name ? [] : ['name']),
  ...(before.slug === after.slug ? [] : ['slug']),
  ...(before.logoUrl === after.logoUrl ? [] : ['logo_url']),
  ...(before.colors?.background === after.colors?.background && before.colors?.text === after.colors?.text
    ? []
    : ['colors']),
]
