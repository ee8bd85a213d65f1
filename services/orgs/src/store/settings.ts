/** What an organization demands: columns of its row, changed under its lock. Whether a demand is in force is said by the clock of the database. */
import type { WantedMfa } from '@gatehouse/contracts/http/orgs/settings'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { eq, sql } from 'drizzle-orm'
import { organizations, type OrganizationRow } from './schema.ts'

/**
 * Stores the rule about second factors. Where one is required from now on, the floor of the organization rises: no access token that was
 * minted before goes on. Undefined when there is no such organization.
 */
export async function updateMfaRule(
  tx: Tx,
  o: { orgId: string; mfa: WantedMfa },
): Promise<OrganizationRow | undefined> {
  const { mfa } = o
  const wantedFrom = mfa.mode === 'required' ? mfa.required_from : undefined
  const from =
    mfa.mode === 'required' ? sql`coalesce(${wantedFrom ?? null}::timestamptz, now())` : sql`null::timestamptz`
  const begins = sql`coalesce(${from} <= now(), false) and coalesce(${organizations.mfaRequiredFrom} > now(), true)`
  const next = sql`${organizations.version} + 1`
  const [row] = await tx
    .update(organizations)
    .set({
      mfaMode: mfa.mode,
      mfaRequiredFrom: from,
      settingsVersion: sql`${organizations.settingsVersion} + 1`,
      version: next,
      minVersion: sql`case when ${begins} then ${next} else ${organizations.minVersion} end`,
      floorChangedAt: sql`case when ${begins} then clock_timestamp() else ${organizations.floorChangedAt} end`,
    })
    .where(eq(organizations.id, o.orgId))
    .returning()
  return row
}
