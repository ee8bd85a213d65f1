/**
 * What an organization demands of those who act for it. A rule that begins now voids every access token for the
 * organization, and the answer waits for the announcement. Whoever requires a second factor of others has signed in
 * with one, and a rule that refuses the very session that sets it needs a confirmation, so that nobody locks themselves
 * out by a slip.
 */
import { isDeepStrictEqual } from 'node:util'
import { stepUpChallenge } from '@gatehouse/access/call/require-allowed'
import { entryRefusal } from '@gatehouse/access/callers/access-rules'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { OrganizationSettings, WantedMfa, WantedRoleMfa } from '@gatehouse/contracts/http/orgs/settings'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { isAddressRange } from '@gatehouse/service-kit/text/address-range'
import { accessRulesOf, isStricter } from '../domain/access-rules.ts'
import { beginsForRole, mistakesIn, nextRoleRules } from '../domain/role-rules.ts'
import { permissions } from '../domain/permissions.ts'
import { findOrganization, lockOrganization } from '../store/organizations.ts'
import type { OrganizationRow } from '../store/schema.ts'
import { databaseNow, updateSettings as updateSettingsOf, type PlainSettings } from '../store/settings.ts'
import { announceSettings } from './announce.ts'
import { requirePermission } from './require-permission.ts'

export type VersionedSettings = { settings: OrganizationSettings; version: number }

/** @throws AppError `forbidden`, `not_found` */
export async function getSettings(deps: Pick<Deps, 'db' | 'clients'>, caller: OrgCaller): Promise<VersionedSettings> {
  await requirePermission(deps, caller, permissions.readSettings)
  const row = await readInScope(deps.db, { orgId: caller.orgId }, (tx) => findOrganization(tx, caller.orgId))
  if (!row) throw problem('not_found')
  return settingsOf(row)
}

export type Change = {
  mfa: WantedMfa | undefined
  /** All rules of roles. */
  mfaRoles: WantedRoleMfa[] | undefined
  plain: Omit<PlainSettings, 'mfaRoles'>
  /** Also where the session that makes the change is refused from then on. */
  isConfirmed: boolean
  /** Judges the present version by the precondition of the request. */
  isExpected(version: number): boolean
}

/**
 * @throws AppError `forbidden`, `not_found`, `own_session_refused`, `precondition_failed`, `validation_failed`,
 *   `insufficient_user_authentication`
 */
export async function updateSettings(
  deps: Pick<Deps, 'spine' | 'clients' | 'clock'>,
  caller: OrgCaller,
  change: Change,
): Promise<VersionedSettings> {
  await requirePermission(deps, caller, permissions.writeSettings)
  requireRanges(change.plain.allowedAddresses ?? [])
  if ([change.mfa, ...(change.mfaRoles ?? [])].some((rule) => rule?.mode === 'required')) requireOwnSecondFactor(caller)
  const { orgId } = caller
  const roles = change.mfaRoles?.map(({ role }) => role) ?? []
  const unknown = await deps.clients.authz.unknownAmong({ orgId, roles })
  const outcome = await deps.spine.write({ orgId }, (tx) => update(tx, deps, caller, { ...change, unknown }), {
    announce: 'await',
  })
  if (outcome.kind === 'no_rules') throw problem('validation_failed', { errors: outcome.errors })
  if (outcome.kind === 'own_session_refused')
    throw problem('own_session_refused', { detail: 'Confirm it, or act from a session that the rules let in.' })
  if (outcome.kind !== 'settled') throw problem(outcome.kind)
  return settingsOf(outcome.row)
}

type Outcome =
  | { kind: 'settled'; row: OrganizationRow }
  | { kind: 'no_rules'; errors: { path: string; message: string }[] }
  | { kind: 'not_found' | 'own_session_refused' | 'precondition_failed' }

async function update(
  tx: Tx,
  deps: Pick<Deps, 'clock'>,
  caller: OrgCaller,
  change: Change & { unknown: string[] },
): Promise<Outcome> {
  const { mfa: wanted, isExpected } = change
  const { orgId } = caller
  const before = await lockOrganization(tx, orgId)
  if (!before) return { kind: 'not_found' }
  if (!isExpected(before.settingsVersion)) return { kind: 'precondition_failed' }
  const now = await databaseNow(tx)
  const errors = mistakesIn(change.mfaRoles ?? [], { unknown: change.unknown, before: before.mfaRoles })
  if (errors.length > 0) return { kind: 'no_rules', errors }
  const mfaRoles = change.mfaRoles && nextRoleRules(before.mfaRoles, change.mfaRoles, now)
  const plain = { ...change.plain, ...(mfaRoles && { mfaRoles }) }
  const mfa = wanted === undefined || isAsBefore(before, wanted) ? undefined : wanted
  const changed = [...(mfa ? ['settings.mfa'] : []), ...changesOf(before, plain)]
  if (changed.length === 0) return { kind: 'settled', row: before }
  const isRuleStricter = isStricter(before, { ...before, ...plain })
  const endsAccess = isRuleStricter || beginsForRole(before.mfaRoles, mfaRoles ?? [], now)
  if (isRuleStricter && !change.isConfirmed && refusesOwnSession(deps, caller, { ...before, ...plain }))
    return { kind: 'own_session_refused' }
  const row = await updateSettingsOf(tx, { orgId, mfa, plain, endsAccess })
  if (!row) return { kind: 'not_found' }
  await announceSettings(tx, { row, changed, endsAccess: row.minVersion > before.minVersion, actor: actorOf(caller) })
  return { kind: 'settled', row }
}

/** The names settings have on the wire and in events. */
const names: Readonly<Record<keyof PlainSettings, string>> = {
  mfaRoles: 'settings.mfa_roles',
  takesJoinRequests: 'settings.join_requests',
  sessionIdleSeconds: 'settings.session_idle_seconds',
  sessionLifetimeSeconds: 'settings.session_lifetime_seconds',
  allowedAddresses: 'settings.allowed_addresses',
  signInMethods: 'settings.sign_in_methods',
  invitationsBy: 'settings.invitations_by',
}

const changesOf = (before: OrganizationRow, plain: PlainSettings): string[] =>
  (Object.keys(plain) as (keyof PlainSettings)[])
    .filter((key) => !isDeepStrictEqual(before[key], plain[key]))
    .map((key) => names[key])

/** A second factor that is required without a date is required from now on, whatever was set before. */
function isAsBefore(row: OrganizationRow, mfa: WantedMfa): boolean {
  if (row.mfaMode !== mfa.mode) return false
  if (mfa.mode !== 'required') return true
  return mfa.required_from !== undefined && new Date(mfa.required_from).getTime() === row.mfaRequiredFrom?.getTime()
}

/** @throws AppError `validation_failed` */
function requireRanges(ranges: readonly string[]): void {
  const errors = ranges.flatMap((range, n) =>
    isAddressRange(range) ? [] : [{ path: `/allowed_addresses/${n}`, message: 'is no range in CIDR notation' }],
  )
  if (errors.length > 0) throw problem('validation_failed', { errors })
}

/** What tokens will say at the next refresh of this session. A service account has no session. */
function refusesOwnSession({ clock }: Pick<Deps, 'clock'>, caller: OrgCaller, after: OrganizationRow): boolean {
  if (caller.kind !== 'user') return false
  const now = clock.now()
  const { amr, auth_time: authTime } = caller.claims
  return (
    entryRefusal(accessRulesOf(after), {
      amr,
      age: { authTime: new Date(authTime * 1000), lastSeenAt: now, now },
      from: { address: currentContext()?.clientAddress },
    }) !== undefined
  )
}

/** A service account cannot sign in more strongly. */
function requireOwnSecondFactor(caller: OrgCaller): void {
  if (caller.kind === 'user' && caller.claims.acr !== 'aal2')
    throw stepUpChallenge({ acr_values: ['aal2'] }, 'requires of others what it has not')
}

const settingsOf = (row: OrganizationRow): VersionedSettings => ({
  version: row.settingsVersion,
  settings: {
    mfa: { mode: row.mfaMode, required_from: row.mfaRequiredFrom?.toISOString() ?? null },
    mfa_roles: row.mfaRoles,
    join_requests: row.takesJoinRequests,
    ...accessRulesOf(row),
    invitations_by: row.invitationsBy,
  },
})
