/** The rules of an organization on sessions. Pure. */
import type { AccessRules, SignInMethod } from '@gatehouse/contracts/events/orgs/organization'

/** As an organization keeps them. */
export type RuleColumns = {
  sessionIdleSeconds: number | null
  sessionLifetimeSeconds: number | null
  allowedAddresses: string[]
  signInMethods: SignInMethod[]
}

export const accessRulesOf = (row: RuleColumns): AccessRules => ({
  session_idle_seconds: row.sessionIdleSeconds,
  session_lifetime_seconds: row.sessionLifetimeSeconds,
  allowed_addresses: row.allowedAddresses,
  sign_in_methods: row.signInMethods,
})

/** Whether a session that was let in before may be refused now. What only widens a rule ends nobody's access. */
export const isStricter = (before: RuleColumns, after: RuleColumns): boolean =>
  isShorter(before.sessionIdleSeconds, after.sessionIdleSeconds) ||
  isShorter(before.sessionLifetimeSeconds, after.sessionLifetimeSeconds) ||
  lacksSome(before.allowedAddresses, after.allowedAddresses) ||
  lacksSome(before.signInMethods, after.signInMethods)

const isShorter = (before: number | null, after: number | null): boolean =>
  after !== null && after < (before ?? Infinity)

/** An empty list allows all. */
const lacksSome = (before: readonly string[], after: readonly string[]): boolean =>
  after.length > 0 && (before.length === 0 || before.some((one) => !after.includes(one)))
