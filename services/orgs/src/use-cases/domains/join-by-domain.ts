/**
 * Whoever has proven an address is offered the organization that has proven its domain: to join it, where it lets
 * people join, or to ask. Nobody joins this way who ever belonged to the organization: what a removal ended, an address
 * does not begin again.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { capturedRoles, domainOf } from '../../domain/domain.ts'
import { findOrganizationOfDomain } from '../../store/domains.ts'
import { findMember, insertMember } from '../../store/memberships.ts'
import { announceMembershipCreated } from '../announce.ts'
import { organizationView } from '../views.ts'

type Offer = Awaited<ReturnType<typeof findOrganizationOfDomain>>

async function offerTo(deps: Pick<Deps, 'system' | 'clients'>, { userId }: UserCaller): Promise<Offer> {
  const profile = (await deps.clients.identity.profilesOf([userId])).get(userId)
  return profile?.email_verified === true ? findOrganizationOfDomain(deps.system, domainOf(profile.email)) : undefined
}

export async function listOffered(
  deps: Pick<Deps, 'db' | 'system' | 'clients'>,
  caller: UserCaller,
): Promise<{ organization: Organization; by: 'join' | 'ask' }[]> {
  const offer = await offerTo(deps, caller)
  if (offer === undefined) return []
  const { organization, capture } = offer
  const { userId } = caller
  const known = await readInScope(deps.db, { userId }, (tx) => findMember(tx, { orgId: organization.id, userId }))
  if (known) return []
  if (capture !== 'off') return [{ organization: organizationView(organization), by: 'join' }]
  return organization.takesJoinRequests ? [{ organization: organizationView(organization), by: 'ask' }] : []
}

/** @throws AppError `not_found` unless it is offered, `already_member`, `conflict` for whoever was removed */
export async function joinByDomain(
  deps: Pick<Deps, 'spine' | 'system' | 'clients'>,
  caller: UserCaller,
  { orgId }: { orgId: string },
): Promise<{ membership: { id: string }; organization: Organization }> {
  const { userId } = caller
  const offer = await offerTo(deps, caller)
  if (offer?.organization.id !== orgId || offer.capture === 'off') throw problem('not_found')
  const outcome = await deps.spine.write({ orgId, userId }, async (tx) => {
    const row = await insertMember(tx, { id: newId('mem'), orgId, userId, roles: [...capturedRoles] })
    if (row === undefined) return (await findMember(tx, { orgId, userId })) ? 'already_member' : 'removed'
    await announceMembershipCreated(tx, row, actorOf(caller))
    return row
  })
  if (outcome === 'already_member') throw problem('already_member')
  if (outcome === 'removed') throw problem('conflict', { detail: 'You left or were removed; ask for access instead.' })
  return { membership: { id: outcome.id }, organization: organizationView(offer.organization) }
}
