/**
 * What an organization demands: columns of its row, changed under its lock. Whether a demand is in force is said by the
 * clock of the database.
 */
import type { WantedMfa } from '@gatehouse/contracts/http/orgs/settings'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { eq, sql, type SQL } from 'drizzle-orm'
import { organizations, type OrganizationRow } from './schema.ts'

/** Settings that are a column each. */
export type PlainSettings = Partial<
  Pick<
    OrganizationRow,
    | 'mfaRoles'
    | 'takesJoinRequests'
    | 'sessionIdleSeconds'
    | 'sessionLifetimeSeconds'
    | 'allowedAddresses'
    | 'signInMethods'
    | 'invitationsBy'
  >
>

/** The time of the database, which says whether a rule is in force. */
export async function databaseNow(tx: Tx): Promise<Date> {
  const [row] = rowsOf<{ ms: string }>(
    await tx.execute(sql`select floor(extract(epoch from clock_timestamp()) * 1000) as ms`),
  )
  return new Date(Number(row?.ms))
}

const next = sql`${organizations.version} + 1`

/**
 * Stores what changes. Where a second factor is required from now on, or `endsAccess`, the floor of the organization
 * rises: no access token that was minted before goes on. Undefined when there is no such organization.
 */
export async function updateSettings(
  tx: Tx,
  o: { orgId: string; mfa: WantedMfa | undefined; plain: PlainSettings; endsAccess: boolean },
): Promise<OrganizationRow | undefined> {
  const rule = o.mfa && mfaColumns(o.mfa)
  const [row] = await tx
    .update(organizations)
    .set({
      ...o.plain,
      ...rule?.columns,
      settingsVersion: sql`${organizations.settingsVersion} + 1`,
      version: next,
      ...floorIf(o.endsAccess ? sql`true` : rule?.begins),
    })
    .where(eq(organizations.id, o.orgId))
    .returning()
  return row
}

const floorIf = (ends: SQL | undefined) =>
  ends && {
    minVersion: sql`case when ${ends} then ${next} else ${organizations.minVersion} end`,
    floorChangedAt: sql`case when ${ends} then clock_timestamp() else ${organizations.floorChangedAt} end`,
  }

function mfaColumns(mfa: WantedMfa): { columns: object; begins: SQL } {
  const wantedFrom = mfa.mode === 'required' ? mfa.required_from : undefined
  const from =
    mfa.mode === 'required' ? sql`coalesce(${wantedFrom ?? null}::timestamptz, now())` : sql`null::timestamptz`
  const begins = sql`coalesce(${from} <= now(), false) and coalesce(${organizations.mfaRequiredFrom} > now(), true)`
  return { columns: { mfaMode: mfa.mode, mfaRequiredFrom: from }, begins }
}
