/**
 * Which organization an access token is for. The session belongs to the person, the organization to each token:
 * the caller names one, asks for none, or leaves the choice to us.
 */

import type { AccessRules } from '@gatehouse/contracts/events/orgs/organization'

/** A membership that gives access now: it is active and so is its organization. */
export type UsableMembership = {
  membershipId: string
  membershipVersion: number
  organizationId: string
  organizationVersion: number
  /** The organization has come to require a second factor of everybody who acts for it. */
  requiresMfa: boolean
  /** Keys of roles that have come to require one of their holders. Null: none does. */
  factorRoles: readonly string[] | null
  /** Null: it never had any. */
  accessRules: AccessRules | null
}

/** How long a session that acts for the organization goes on unused: by the stricter of its rules and the client's. */
export const idleSecondsIn = (membership: UsableMembership | undefined, idleTtlSeconds: number): number =>
  Math.min(membership?.accessRules?.session_idle_seconds ?? Infinity, idleTtlSeconds)

/** `unsaid`: the caller left it to us. `none`: a token without organization was asked for. */
export type OrganizationAsk = { kind: 'named'; organizationId: string } | { kind: 'none' } | { kind: 'unsaid' }

/**
 * - `chosen`: mint for this membership.
 * - `none`: mint without organization. `mayBeNews` when a membership we have not heard of could change that.
 * - `not_a_member`: the named organization is none of theirs, as far as we know.
 */
export type OrganizationChoice =
  { kind: 'chosen'; membership: UsableMembership } | { kind: 'none'; mayBeNews: boolean } | { kind: 'not_a_member' }

/** The wire's `organization_id`: absent, null, or a name. */
export const askOf = (organizationId: string | null | undefined): OrganizationAsk => {
  if (organizationId === undefined) return { kind: 'unsaid' }
  return organizationId === null ? { kind: 'none' } : { kind: 'named', organizationId }
}

/** Whose membership has to be looked up to answer `ask`; undefined when none has. */
export const organizationToLookUp = (
  ask: OrganizationAsk,
  lastOrganizationId: string | undefined,
): string | undefined => {
  if (ask.kind === 'named') return ask.organizationId
  return ask.kind === 'unsaid' ? lastOrganizationId : undefined
}

/**
 * At refresh: the named one, else the last used if they still belong to it, else none. `found` is what the look-up
 * gave.
 */
export function chooseAtRefresh(o: {
  ask: OrganizationAsk
  lastOrganizationId: string | undefined
  found: UsableMembership | undefined
}): OrganizationChoice {
  const wanted = organizationToLookUp(o.ask, o.lastOrganizationId)
  if (wanted === undefined) return { kind: 'none', mayBeNews: false }
  if (o.found?.organizationId === wanted) return { kind: 'chosen', membership: o.found }
  return o.ask.kind === 'named' ? { kind: 'not_a_member' } : { kind: 'none', mayBeNews: true }
}

/**
 * At sign-in: as at refresh, but somebody who never chose gets their only organization. `some` are two of their
 * memberships, or fewer if there are fewer.
 */
export function chooseAtLogin(o: {
  ask: OrganizationAsk
  lastOrganizationId: string | undefined
  found: UsableMembership | undefined
  some: readonly UsableMembership[]
}): OrganizationChoice {
  const choice = chooseAtRefresh(o)
  if (o.ask.kind !== 'unsaid' || choice.kind === 'chosen') return choice
  const [only, another] = o.some
  if (only !== undefined && another === undefined) return { kind: 'chosen', membership: only }
  return { kind: 'none', mayBeNews: choice.kind === 'none' && (choice.mayBeNews || only === undefined) }
}
