/**
 * The rules of an organization on sessions, held against one session. The service that tokens are minted by refuses by
 * them, and the service that rules are changed at warns by them, so both read them here.
 */
import type { AccessRules, SignInMethod } from '@gatehouse/contracts/events/orgs/organization'
import { isInRanges } from '@gatehouse/service-kit/text/address-range'

export type SessionAtHand = {
  /** What it was authenticated by (RFC 8176). */
  amr: readonly string[]
  /** Absent: it was authenticated just now. */
  age?: { authTime: Date; lastSeenAt: Date; now: Date } | undefined
  /** Where it is used from. `elsewhere`: not by the person, whose address is not known. */
  from: { address: string | undefined } | 'elsewhere'
}

export type EntryRefusal =
  { kind: 'address' } | { kind: 'method'; accepted: readonly SignInMethod[] } | { kind: 'age'; maxAgeSeconds: number }

/** What refuses the session; undefined when nothing does. What no new sign-in lifts comes first. */
export function entryRefusal(rules: AccessRules | null, session: SessionAtHand): EntryRefusal | undefined {
  if (rules === null) return undefined
  const { allowed_addresses: ranges, sign_in_methods: accepted } = rules
  const { from } = session
  if (ranges.length > 0 && from !== 'elsewhere' && !isInRanges(from.address, ranges)) return { kind: 'address' }
  if (accepted.length > 0 && !accepted.some((method) => isSignedInBy[method](session.amr)))
    return { kind: 'method', accepted }
  return ageRefusal(rules, session)
}

/**
 * A passkey proves possession (`pop`). A one-time code alone came by mail; beside a password or passkey it is a second
 * factor.
 */
const isSignedInBy: Readonly<Record<SignInMethod, (amr: readonly string[]) => boolean>> = {
  password: (amr) => amr.includes('pwd'),
  passkey: (amr) => amr.includes('pop'),
  email_code: (amr) => amr.includes('otp') && !amr.includes('pwd') && !amr.includes('pop'),
}

function ageRefusal(rules: AccessRules, { age }: SessionAtHand): EntryRefusal | undefined {
  if (age === undefined) return undefined
  const { session_lifetime_seconds: lifetime, session_idle_seconds: idle } = rules
  const secondsSince = (at: number): number => (age.now.getTime() - at) / 1000
  if (lifetime !== null && secondsSince(age.authTime.getTime()) >= lifetime)
    return { kind: 'age', maxAgeSeconds: lifetime }
  const lastActive = Math.max(age.authTime.getTime(), age.lastSeenAt.getTime())
  return idle !== null && secondsSince(lastActive) >= idle ? { kind: 'age', maxAgeSeconds: idle } : undefined
}
