/**
 * Makes an organization owned by its maker: organization, membership and both events are one transaction. It asks no
 * policy: there is none yet.
 */
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { chargeBudgets } from '@gatehouse/service-kit/postgres/budgets'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { slugFrom, slugWithSuffix } from '../domain/slug.ts'
import { countOwned, insertOwner, lockOwner } from '../store/memberships.ts'
import { insertOrganization } from '../store/organizations.ts'
import type { OrganizationRow } from '../store/schema.ts'
import { announceMembershipCreated, announceOrganizationCreated } from './announce.ts'
import { organizationView } from './views.ts'

type CreateDeps = Pick<Deps, 'spine' | 'slugSuffix' | 'limits'>

type Outcome =
  | { kind: 'created'; organization: Organization }
  | { kind: 'slug_taken' }
  | { kind: 'owns_too_many' }
  | { kind: 'limited'; retryAfterSeconds: number }

/** Six hex digits collide once in 16 million, so a third try means something else is wrong. */
const slugTries = 3

/** @throws AppError `conflict` when the slug asked for is taken, `limit_reached`, `rate_limited`. */
export async function createOrganization(
  deps: CreateDeps,
  caller: UserCaller,
  input: { name: string; slug?: string },
): Promise<Organization> {
  const orgId = newId('org')
  const outcome = await deps.spine.write({ orgId, userId: caller.userId }, (tx) =>
    create(deps, tx, caller, { ...input, id: orgId }),
  )
  if (outcome.kind === 'slug_taken') throw problem('conflict', { detail: 'This slug is taken.' })
  if (outcome.kind === 'owns_too_many')
    throw problem('limit_reached', {
      detail: `You own ${deps.limits.organizationsOwned} organizations, as many as one person may.`,
    })
  if (outcome.kind === 'limited')
    throw problem('rate_limited', {
      detail: 'Too many new organizations; try again later.',
      retryAfterSeconds: outcome.retryAfterSeconds,
    })
  return outcome.organization
}

async function create(
  deps: CreateDeps,
  tx: Tx,
  caller: UserCaller,
  input: { id: string; name: string; slug?: string },
): Promise<Outcome> {
  const { userId } = caller
  const { limits } = deps
  await lockOwner(tx, userId)
  if ((await countOwned(tx, userId)) >= limits.organizationsOwned) return { kind: 'owns_too_many' }
  const charged = await chargeBudgets(tx, [{ key: `organizations by ${userId}`, budget: limits.organizationsCreated }])
  if (charged.kind === 'limited') return charged
  const organization = await insertWithSlug(deps, tx, { ...input, createdBy: userId })
  if (!organization) return { kind: 'slug_taken' }
  const owner = await insertOwner(tx, { id: newId('mem'), orgId: organization.id, userId })
  await announceOrganizationCreated(tx, organization, actorOf(caller))
  await announceMembershipCreated(tx, owner, actorOf(caller))
  return { kind: 'created', organization: keepAnswer(organizationView(organization)) }
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
