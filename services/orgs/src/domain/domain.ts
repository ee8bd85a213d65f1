/** Domains: the record that proves one, and what a look at DNS means for a domain. Pure; names are in lower case. */

export type DomainStatus = 'pending' | 'verified' | 'lapsed'
export type DomainCheck = 'found' | 'missing' | 'unanswered' | 'taken'

/** Domains an organization may claim. */
export const domainsPerOrganization = 50

/**
 * So many checks in a row, a day apart, find no record before a domain lapses: a slip in DNS takes nothing from
 * anybody.
 */
export const checksUntilLapse = 3

/** Hours until the next check: of a new claim soon, of a proven one daily. */
export const checkHours = { pending: 1, verified: 24, lapsed: 24 } as const satisfies Record<DomainStatus, number>

/** What joining by a domain makes somebody. */
export const capturedRoles = ['member']

export const recordNameOf = (domain: string): string => `_gatehouse-challenge.${domain}`
export const recordValueOf = (proof: string): string => `gatehouse-domain-verification=${proof}`

/** Whether the TXT records of a name hold the value. A long one comes in pieces. */
export const holdsRecord = (records: readonly (readonly string[])[], value: string): boolean =>
  records.some((pieces) => pieces.join('').trim() === value)

/** What becomes of a domain. No answer of DNS proves nothing and takes nothing. */
export function statusAfter(
  { status, missedChecks }: { status: DomainStatus; missedChecks: number },
  check: Exclude<DomainCheck, 'taken'>,
): { status: DomainStatus; missedChecks: number } {
  if (check === 'found') return { status: 'verified', missedChecks: 0 }
  if (check === 'unanswered') return { status, missedChecks }
  const missed = missedChecks + 1
  return { status: status === 'verified' && missed >= checksUntilLapse ? 'lapsed' : status, missedChecks: missed }
}

/** The domain of an address, as domains are stored. */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase()
