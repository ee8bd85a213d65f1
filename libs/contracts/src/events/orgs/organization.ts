/** Organizations themselves. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, UserId } from '../../common/ids.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** Ways to sign in that an organization tells apart. */
export const SignInMethod = Type.Union([Type.Literal('password'), Type.Literal('passkey'), Type.Literal('email_code')])
export type SignInMethod = Static<typeof SignInMethod>

/** What a session must be like to act for an organization. Null and an empty list rule nothing. */
export const AccessRules = Type.Object({
  /** How long a session goes on that nobody uses. */
  session_idle_seconds: Type.Union([Type.Integer(), Type.Null()]),
  /** How old the sign-in of a session may be. */
  session_lifetime_seconds: Type.Union([Type.Integer(), Type.Null()]),
  /** CIDR ranges that sessions are used from. */
  allowed_addresses: Type.Array(Type.String()),
  /** A session was signed in to by one of these. */
  sign_in_methods: Type.Array(SignInMethod),
})
export type AccessRules = Static<typeof AccessRules>

/** Roles, and from when on a member who holds one does not act for the organization with one factor. */
export const FactorRoles = Type.Array(Type.Object({ role: Key, required_from: Instant }))
export type FactorRoles = Static<typeof FactorRoles>

/** An organization exists; its creator owns it. */
export const OrganizationCreated = {
  type: 'gatehouse.orgs.organization.created.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    created_by: UserId,
    status: Type.Literal('active'),
    /** Its short name in addresses, which is public. */
    slug: Type.Optional(Key),
  }),
} as const

export type OrganizationCreated = Static<typeof OrganizationCreated.data>

/** Facts about an organization changed; `min_ov` only when access must end. */
export const OrganizationUpdated = {
  type: 'gatehouse.orgs.organization.updated.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    status: Type.Union([Type.Literal('active'), Type.Literal('suspended')]),
    changed: Type.Array(Type.String()),
    slug: Type.Optional(Key),
    min_ov: Type.Optional(Type.Integer()),
    /** Of an operator who changed the status. */
    reason: Type.Optional(Reason),
    /** From when on one factor is not enough to act for the organization; null: it is. Absent: as it was. */
    mfa_required_from: Type.Optional(Type.Union([Instant, Type.Null()])),
    /** All roles that require a second factor. Absent: as they were. */
    mfa_roles: Type.Optional(FactorRoles),
    /** The rules as they are now. Absent: as they were. */
    access_rules: Type.Optional(AccessRules),
    /** When the organization is deleted unless an owner restores it; null: it is not any more. Absent: as it was. */
    deletion_due_at: Type.Optional(Type.Union([Instant, Type.Null()])),
    /** Owners to be told that the deletion was asked for. */
    owners: Type.Optional(Type.Array(UserId)),
  }),
} as const

export type OrganizationUpdated = Static<typeof OrganizationUpdated.data>

/**
 * The grace is over: an organization is gone for good, and each service deletes what it keeps of it. The audit trail
 * stays until its retention ends.
 */
export const OrganizationDeleted = {
  type: 'gatehouse.orgs.organization.deleted.v1',
  data: Type.Object({ organization_id: OrganizationId, min_ov: Type.Integer() }),
} as const

export type OrganizationDeleted = Static<typeof OrganizationDeleted.data>

export const organizationEvents: readonly EventContract[] = [
  OrganizationCreated,
  OrganizationUpdated,
  OrganizationDeleted,
]
