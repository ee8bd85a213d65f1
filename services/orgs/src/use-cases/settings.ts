/**
 * What an organization demands of those who act for it. A rule that begins now voids every access token for the
 * organization, and the answer waits for the announcement. Whoever requires a second factor of others has signed in
 * with one, so that nobody locks themselves out by a slip.
 */
import { isDeepStrictEqual } from 'node:util'
import { stepUpChallenge } from '@gatehouse/access/call/require-allowed'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { OrganizationSettings, WantedMfa } from '@gatehouse/contracts/http/orgs/settings'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { findOrganization, lockOrganization } from '../store/organizations.ts'
import type { OrganizationRow } from '../store/schema.ts'
import { updateSettings as updateSettingsOf, type PlainSettings } from '../store/settings.ts'
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

type Change = {
  mfa: WantedMfa | undefined
  plain: PlainSettings
  /** Judges the present version by the precondition of the request. */
  isExpected(version: number): boolean
}

/** @throws AppError `forbidden`, `not_found`, `precondition_failed`, `insufficient_user_authentication` */
export async function updateSettings(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  change: Change,
): Promise<VersionedSettings> {
  await requirePermission(deps, caller, permissions.writeSettings)
  if (change.mfa?.mode === 'required') requireOwnSecondFactor(caller)
  const outcome = await deps.spine.write({ orgId: caller.orgId }, (tx) => update(tx, caller, change), {
    announce: 'await',
  })
  if (outcome.kind !== 'settled') throw problem(outcome.kind)
  return settingsOf(outcome.row)
}

type Outcome = { kind: 'settled'; row: OrganizationRow } | { kind: 'not_found' | 'precondition_failed' }

async function update(tx: Tx, caller: OrgCaller, { mfa: wanted, plain, isExpected }: Change): Promise<Outcome> {
  const { orgId } = caller
  const before = await lockOrganization(tx, orgId)
  if (!before) return { kind: 'not_found' }
  if (!isExpected(before.settingsVersion)) return { kind: 'precondition_failed' }
  const mfa = wanted === undefined || isAsBefore(before, wanted) ? undefined : wanted
  const changed = [...(mfa ? ['settings.mfa'] : []), ...changesOf(before, plain)]
  if (changed.length === 0) return { kind: 'settled', row: before }
  const row = await updateSettingsOf(tx, { orgId, mfa, plain })
  if (!row) return { kind: 'not_found' }
  const endsAccess = row.minVersion > before.minVersion
  await announceSettings(tx, { row, changed, endsAccess, actor: actorOf(caller) })
  return { kind: 'settled', row }
}

/** The names settings have on the wire and in events. */
const names: Readonly<Record<keyof PlainSettings, string>> = { takesJoinRequests: 'settings.join_requests' }

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

/** A service account cannot sign in more strongly. */
function requireOwnSecondFactor(caller: OrgCaller): void {
  if (caller.kind === 'user' && caller.claims.acr !== 'aal2')
    throw stepUpChallenge({ acr_values: ['aal2'] }, 'requires of others what it has not')
}

const settingsOf = (row: OrganizationRow): VersionedSettings => ({
  version: row.settingsVersion,
  settings: {
    mfa: { mode: row.mfaMode, required_from: row.mfaRequiredFrom?.toISOString() ?? null },
    join_requests: row.takesJoinRequests,
  },
})
