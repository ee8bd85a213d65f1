/**
 * What is known of the principals to a decision, each with the version it was known at, and whether they stand so that
 * anything can be granted.
 */
import type { AttributeValues } from '@gatehouse/contracts/http/authz/attributes'
import type { MembershipAttributes } from '@gatehouse/contracts/events/orgs/membership'

export type UserFacts = {
  readonly version: number
  readonly status: 'active' | 'disabled'
  readonly emailVerified: boolean
}
export type OrganizationFacts = { readonly version: number; readonly status: 'active' | 'suspended' | 'removed' }
/**
 * A role id with its end, in milliseconds since the epoch, and the one resource it is held for; without one, for all.
 */
export type HeldRole = {
  readonly roleId: string
  readonly expiresAtMs: number | undefined
  readonly resource?: ResourceRef | undefined
}
export type ResourceRef = { readonly type: string; readonly id: string }
export type MemberFacts = {
  readonly id: string
  readonly version: number
  readonly status: 'active' | 'suspended' | 'removed'
  readonly isOwner: boolean
  readonly attributes: MembershipAttributes
  readonly roles: readonly HeldRole[]
}

export type ServiceAccountFacts = {
  readonly version: number
  readonly status: 'active' | 'disabled' | 'deleted'
  readonly roles: readonly HeldRole[]
}

/**
 * A stored resource or subject. `entityId` is its TypeID, which its events speak of; `id` what its application calls
 * it.
 */
export type EntityFacts = {
  readonly entityId: string
  readonly type: string
  readonly id: string
  readonly version: number
  readonly attributes: AttributeValues
  readonly roles: readonly HeldRole[]
}

export type Standing = 'user_disabled' | 'service_account_disabled' | 'organization_suspended' | 'not_a_member'

/** Why nothing can be granted, or undefined when all three stand. */
export function findObstacle(facts: {
  user: UserFacts | undefined
  organization: OrganizationFacts | undefined
  member: MemberFacts | undefined
}): Standing | undefined {
  if (facts.user?.status !== 'active') return 'user_disabled'
  if (facts.organization?.status !== 'active') return 'organization_suspended'
  if (facts.member?.status !== 'active') return 'not_a_member'
  return undefined
}

/** As of a person: why nothing can be granted, or undefined when both stand. */
export function findAccountObstacle(facts: {
  account: ServiceAccountFacts | undefined
  organization: OrganizationFacts | undefined
}): Standing | undefined {
  if (facts.account?.status !== 'active') return 'service_account_disabled'
  return facts.organization?.status === 'active' ? undefined : 'organization_suspended'
}

/** Versions an access token was minted at. */
export type TokenVersions = { readonly uv: number; readonly ov?: number | undefined; readonly mv?: number | undefined }

/** Whether everything the token was minted from is known. Not so: whoever says no has not caught up yet. */
export const isAsRecentAs = (
  facts: {
    user?: { version: number } | undefined
    organization?: { version: number } | undefined
    member?: { version: number } | undefined
  },
  token: TokenVersions,
): boolean =>
  (facts.user?.version ?? 0) >= token.uv &&
  (token.ov === undefined || (facts.organization?.version ?? 0) >= token.ov) &&
  (token.mv === undefined || (facts.member?.version ?? 0) >= token.mv)

/** Ids of the roles held at a moment, for one resource; without it only those held for all. */
export const rolesHeldAt = (roles: readonly HeldRole[], nowMs: number, resource?: ResourceRef): string[] => [
  ...new Set(
    roles
      .filter(
        (role) =>
          (role.expiresAtMs === undefined || role.expiresAtMs > nowMs) &&
          (role.resource === undefined || isSameResource(role.resource, resource)),
      )
      .map(({ roleId }) => roleId),
  ),
]

const isSameResource = (limit: ResourceRef, resource: ResourceRef | undefined): boolean =>
  resource !== undefined && limit.type === resource.type && limit.id === resource.id
