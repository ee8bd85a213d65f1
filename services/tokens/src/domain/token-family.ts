/**
 * What a presented refresh token is worth. A family is a chain of tokens of which exactly one, the head, is unused;
 * everything before it has been exchanged. Facts are read under the lock of the session, times come from the database.
 */

import { isSamePresenter, type Presenter } from './presenter.ts'

/** Repeats from elsewhere that one token gets: a phone that changes networks while it tries again. */
export const maxRepeatsElsewhere = 3
/** Exchanges in a row that may be repeated from elsewhere; two holders of one family repeat every one of them. */
export const maxSharedExchanges = 3

/** What is known about the presented token, its family and its session. */
export type RefreshFacts = {
  /** The client presenting it; a token works for the client it was issued to and no other. */
  clientId: string
  presenter: Presenter
  /** When it reached us, by database time. */
  presentedAt: Date
  token: {
    clientId: string
    /** When it was exchanged; undefined while it is the head. */
    usedAt: Date | undefined
    /** Until when a repeat still gets the same successor: `usedAt` plus the grace of the client. */
    repeatUntil: Date | undefined
    /** Who exchanged it; undefined while it is the head, and where it was not noted. */
    usedBy: Presenter | undefined
    repeatsElsewhere: number
  }
  /** The token it was exchanged for, and whether its sealed copy is still kept. */
  successor: { usedAt: Date | undefined; isSealed: boolean } | undefined
  family: { status: 'active' | 'revoked'; sharedExchanges: number }
  session: { status: 'active' | 'ended'; idleExpiresAt: Date; expiresAt: Date }
}

/**
 * - `rotate`: the head; exchange it.
 * - `repeat`: the immediately preceding token again within the grace; hand out the identical successor. `elsewhere`
 *   when it was not the presenter who exchanged it: that is counted.
 * - `reuse`: an exchanged token came back any other way: somebody else holds a copy, the family must die (RFC 9700
 *   §4.14.2).
 * - `expired`: good once; the session has outlived its idle or absolute lifetime.
 * - `refuse`: nothing to do and nothing to learn from it.
 */
export type RefreshDecision =
  | { kind: 'rotate' }
  | { kind: 'repeat'; elsewhere: boolean }
  | { kind: 'reuse'; because: Misuse }
  | { kind: 'expired' }
  | { kind: 'refuse'; because: 'family_revoked' | 'session_ended' | 'other_client' }

type Misuse = 'superseded' | 'grace_over' | 'other_client' | 'shared'

/** Decides one presentation. The order matters: a dead family says nothing new, and reuse outranks expiry. */
export function decideRefresh(facts: RefreshFacts): RefreshDecision {
  if (facts.family.status === 'revoked') return { kind: 'refuse', because: 'family_revoked' }
  if (facts.session.status === 'ended') return { kind: 'refuse', because: 'session_ended' }
  const sameClient = facts.clientId === facts.token.clientId
  const expired = isExpired(facts)
  if (facts.token.usedAt !== undefined) {
    const misuse = whyNotRepeatable(facts, sameClient)
    if (misuse !== undefined) return { kind: 'reuse', because: misuse }
    return expired ? { kind: 'expired' } : { kind: 'repeat', elsewhere: isElsewhere(facts) }
  }
  if (!sameClient) return { kind: 'refuse', because: 'other_client' }
  return expired ? { kind: 'expired' } : { kind: 'rotate' }
}

function whyNotRepeatable(facts: RefreshFacts, sameClient: boolean): Misuse | undefined {
  if (!sameClient) return 'other_client'
  if (facts.successor === undefined || facts.successor.usedAt !== undefined) return 'superseded'
  const { repeatUntil } = facts.token
  if (repeatUntil === undefined || facts.presentedAt > repeatUntil || !facts.successor.isSealed) return 'grace_over'
  return isElsewhere(facts) && isSharedForLong(facts) ? 'shared' : undefined
}

const isElsewhere = ({ presenter, token: { usedBy } }: RefreshFacts): boolean =>
  usedBy !== undefined && !isSamePresenter(presenter, usedBy)

/**
 * The first repeat from elsewhere makes its exchange one more that is shared; the others count for their token alone.
 */
const isSharedForLong = ({ token, family }: RefreshFacts): boolean =>
  token.repeatsElsewhere === 0
    ? family.sharedExchanges >= maxSharedExchanges
    : token.repeatsElsewhere >= maxRepeatsElsewhere

const isExpired = ({ presentedAt, session }: RefreshFacts): boolean =>
  presentedAt >= session.expiresAt || presentedAt >= session.idleExpiresAt

/** When the session dies of disuse, never later than of age. */
export function nextIdleExpiry(o: { now: Date; idleTtlSeconds: number; expiresAt: Date }): Date {
  return new Date(Math.min(o.now.getTime() + o.idleTtlSeconds * 1000, o.expiresAt.getTime()))
}
