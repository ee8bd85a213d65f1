/** The rules of an organization on a second factor by role. Pure; the moment is the database's. */
import type { FactorRoles } from '@gatehouse/contracts/events/orgs/organization'
import type { RoleMfa, WantedRoleMfa } from '@gatehouse/contracts/http/orgs/settings'

/**
 * What is stored of the wanted rules, in order of their roles. A rule that is wanted without a date goes on where it is
 * in force, and begins now where it is not.
 */
export const nextRoleRules = (before: readonly RoleMfa[], wanted: readonly WantedRoleMfa[], now: Date): RoleMfa[] =>
  wanted
    .map((rule): RoleMfa => {
      if (rule.mode === 'optional') return { role: rule.role, mode: 'optional', required_from: null }
      const known = before.find(({ role }) => role === rule.role)
      const since = known && isInForce(known, now) ? known.required_from : null
      const from = rule.required_from === undefined ? since : new Date(rule.required_from).toISOString()
      return { role: rule.role, mode: 'required', required_from: from ?? now.toISOString() }
    })
    .sort((a, b) => (a.role < b.role ? -1 : 1))

const isInForce = ({ required_from: from }: RoleMfa, now: Date): boolean => from !== null && new Date(from) <= now

/** Whether a role requires a second factor now that did not before. */
export const beginsForRole = (before: readonly RoleMfa[], after: readonly RoleMfa[], now: Date): boolean =>
  after.some(
    (rule) => isInForce(rule, now) && !before.some((known) => known.role === rule.role && isInForce(known, now)),
  )

/** As tokens are told: those that require a factor. */
export const factorRolesOf = (rules: readonly RoleMfa[]): FactorRoles =>
  rules.flatMap(({ role, required_from }) => (required_from === null ? [] : [{ role, required_from }]))

type Mistake = { path: string; message: string }

/** A role that is named twice, or that does not exist and had no rule: one that was deleted may keep its own. */
export const mistakesIn = (
  wanted: readonly WantedRoleMfa[],
  { unknown, before }: { unknown: readonly string[]; before: readonly RoleMfa[] },
): Mistake[] =>
  wanted.flatMap(({ role }, n) => {
    const path = `/mfa_roles/${n}/role`
    if (wanted.findIndex((one) => one.role === role) < n) return [{ path, message: 'The role is named before' }]
    const isNews = unknown.includes(role) && !before.some((known) => known.role === role)
    return isNews ? [{ path, message: 'There is no such role' }] : []
  })
