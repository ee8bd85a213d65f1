/** Makes an organization owned by its maker: organization, membership and both events are one transaction. It asks no policy: there is none yet. */
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { slugFrom, slugWithSuffix } from '../domain/slug.ts'
import { insertOwner } from '../store/memberships.ts'
import { insertOrganization } from '../store/organizations.ts'
import type { OrganizationRow } from '../store/schema.ts'
import { announceMembershipCreated, announceOrganizationCreated } from './announce.ts'
import { organizationView } from './views.ts'

type CreateDeps = Pick<Deps, 'spine' | 'slugSuffix'>

/** Six hex digits collide once in 16 million, so a third try means something else is wrong. */
const slugTries = 3

/** @throws AppError `conflict` when the slug asked for is taken. */
export async function createOrganization(
  deps: CreateDeps,
  caller: UserCaller,
  input: { name: string; slug?: string },
): Promise<Organization> {
  const orgId = newId('org')
  const actor = actorOf(caller)
  const created = await deps.spine.write({ orgId }, async (tx) => {
    const organization = await insertWithSlug(deps, tx, { id: orgId, createdBy: caller.userId, ...input })
    if (!organization) return undefined
    const owner = await insertOwner(tx, { id: newId('mem'), orgId, userId: caller.userId })
    await announceOrganizationCreated(tx, organization, actor)
    await announceMembershipCreated(tx, owner, actor)
    return organization
  })
  if (!created) throw problem('conflict', { detail: 'This slug is taken.' })
  return organizationView(created)
}

/** With the slug asked for, or with a free one made from the name. */
async function insertWithSlug(
  deps: CreateDeps,
  tx: Tx,
  o: { id: string; name: string; createdBy: string; slug?: string },
): Promise<OrganizationRow | undefined> {
  if (o.slug !== undefined) return insertOrganization(tx, { ...o, slug: o.slug })
  const derived = slugFrom(o.name)
  let inserted = await insertOrganization(tx, { ...o, slug: derived })
  for (let attempt = 0; !inserted && attempt < slugTries; attempt += 1) {
    inserted = await insertOrganization(tx, { ...o, slug: slugWithSuffix(derived, deps.slugSuffix()) })
  }
  return inserted
}
