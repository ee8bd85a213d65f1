/** Domains an organization has proven by DNS. Which domain it is, stands in no event. */
import Type, { type Static } from 'typebox'
import { DomainId, OrganizationId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

const data = Type.Object({ domain_id: DomainId, organization_id: OrganizationId })

/** An organization claims a domain; nothing follows from it yet. */
export const DomainAdded = { type: 'gatehouse.orgs.domain.added.v1', data } as const
export type DomainAdded = Static<typeof data>

/** The record was found: the domain is this organization's. */
export const DomainVerified = { type: 'gatehouse.orgs.domain.verified.v1', data } as const
export type DomainVerified = Static<typeof data>

/** The record was gone at several checks: the domain is nobody's. */
export const DomainLapsed = { type: 'gatehouse.orgs.domain.lapsed.v1', data } as const
export type DomainLapsed = Static<typeof data>

/** What happens with people of the domain changed. */
export const DomainUpdated = {
  type: 'gatehouse.orgs.domain.updated.v1',
  data: Type.Object({ ...data.properties, changed: Type.Array(Type.String()) }),
} as const
export type DomainUpdated = Static<typeof DomainUpdated.data>

/** The organization gave the domain up. */
export const DomainRemoved = { type: 'gatehouse.orgs.domain.removed.v1', data } as const
export type DomainRemoved = Static<typeof data>

export const domainEvents: readonly EventContract[] = [
  DomainAdded,
  DomainVerified,
  DomainLapsed,
  DomainUpdated,
  DomainRemoved,
]
