/** Who belongs to which organization, as what. */
import Type, { type Static } from 'typebox'
import { DomainId, Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** Attributes an organization keeps about a member; policies read them as `membership.<name>`. */
export const MembershipAttributes = Type.Record(
  Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,62}$' }),
  Type.Union([
    Type.String({ maxLength: 1000 }),
    Type.Number(),
    Type.Boolean(),
    Type.Array(Type.String({ maxLength: 200 }), { maxItems: 100 }),
  ]),
  { maxProperties: 50 },
)
export type MembershipAttributes = Static<typeof MembershipAttributes>

export const membershipFields = {
  membership_id: MembershipId,
  organization_id: OrganizationId,
  user_id: UserId,
  status: Type.Union([Type.Literal('active'), Type.Literal('suspended'), Type.Literal('removed')]),
  is_owner: Type.Boolean(),
  attributes: MembershipAttributes,
}

/** A person joined an organization, with the roles that came with it. */
export const MembershipCreated = {
  type: 'gatehouse.orgs.membership.created.v1',
  data: Type.Object({
    ...membershipFields,
    /** Role keys given with the membership; authz turns them into assignments. */
    roles: Type.Array(Key),
    /** Whose proof made a member of whoever proved an address of it. */
    domain_id: Type.Optional(DomainId),
    /** Of an operator who brought the membership from another system. */
    reason: Type.Optional(Reason),
  }),
} as const

export type MembershipCreated = Static<typeof MembershipCreated.data>

/** Ownership, attributes or the status of a member changed; `min_mv` only when access must end. */
export const MembershipUpdated = {
  type: 'gatehouse.orgs.membership.updated.v1',
  data: Type.Object({
    ...membershipFields,
    changed: Type.Array(Type.String()),
    min_mv: Type.Optional(Type.Integer()),
    /** Why a member was suspended. */
    reason: Type.Optional(Reason),
  }),
} as const

export type MembershipUpdated = Static<typeof MembershipUpdated.data>

/** A person no longer belongs to the organization: their access tokens for it are void. */
export const MembershipRemoved = {
  type: 'gatehouse.orgs.membership.removed.v1',
  data: Type.Object({
    ...membershipFields,
    min_mv: Type.Integer(),
    /** The person was erased: whoever keeps earlier attributes of the membership deletes them. */
    erased: Type.Optional(Type.Boolean()),
  }),
} as const

export type MembershipRemoved = Static<typeof MembershipRemoved.data>

export const membershipEvents: readonly EventContract[] = [MembershipCreated, MembershipUpdated, MembershipRemoved]
