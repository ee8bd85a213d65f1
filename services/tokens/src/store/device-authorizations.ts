/** Requests of devices (RFC 8628). Each step forward is one conditional UPDATE: who is second is told so. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { PollFacts } from '../domain/oauth/device-poll.ts'
import { oauthClients } from './oauth-client-schema.ts'
import { oauthDeviceAuthorizations } from './schema.ts'

export type DeviceAuthorization = typeof oauthDeviceAuthorizations.$inferSelect

const isOpen = and(isNull(oauthDeviceAuthorizations.decision), sql`${oauthDeviceAuthorizations.expiresAt} > now()`)

/** False when the user code is taken: another has to be drawn. */
export async function insertDeviceAuthorization(
  system: Queryable,
  o: Pick<
    DeviceAuthorization,
    'id' | 'hash' | 'userCode' | 'clientId' | 'scope' | 'wantedOrganizationId' | 'clientAddress' | 'intervalSeconds'
  > & { lifetimeSeconds: number },
): Promise<boolean> {
  const { lifetimeSeconds, ...given } = o
  const made = await system
    .insert(oauthDeviceAuthorizations)
    .values({
      ...given,
      createdAt: sql`now()`,
      expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
    })
    .onConflictDoNothing({ target: oauthDeviceAuthorizations.userCode })
    .returning({ id: oauthDeviceAuthorizations.id })
  return made.length > 0
}

export type OpenDeviceAuthorization = {
  authorization: DeviceAuthorization
  client: { id: string; name: string; orgId: string | null }
}

/** A request nobody has decided yet, with its client. */
export async function findOpenDeviceAuthorization(
  system: Queryable,
  by: { id: string } | { userCode: string },
): Promise<OpenDeviceAuthorization | undefined> {
  const { id, name, orgId } = oauthClients
  const named =
    'id' in by ? eq(oauthDeviceAuthorizations.id, by.id) : eq(oauthDeviceAuthorizations.userCode, by.userCode)
  const [row] = await system
    .select({ authorization: oauthDeviceAuthorizations, client: { id, name, orgId } })
    .from(oauthDeviceAuthorizations)
    .innerJoin(oauthClients, and(eq(id, oauthDeviceAuthorizations.clientId), eq(oauthClients.status, 'active')))
    .where(and(named, isOpen))
  return row
}

/** Decides the request for this person, if nobody did before. */
export async function claimDeviceDecision(
  system: Queryable,
  o: {
    id: string
    userId: string
    sessionId: string
    organizationId: string | null
    decision: 'approved' | 'denied'
  },
): Promise<boolean> {
  const { id, ...settled } = o
  const won = await system
    .update(oauthDeviceAuthorizations)
    .set(settled)
    .where(and(eq(oauthDeviceAuthorizations.id, id), isOpen))
    .returning({ id: oauthDeviceAuthorizations.id })
  return won.length > 0
}

export type Poll = PollFacts & { id: string; userId: string | null }

/**
 * Notes that the device asks, and what it meets; undefined for a code that is not this client's. Who asks too soon
 * waits five seconds longer from now on.
 */
export async function notePoll(system: Queryable, o: { hash: Buffer; clientId: string }): Promise<Poll | undefined> {
  const tooSoon = sql`a.polled_at + make_interval(secs => a.interval_seconds) > clock_timestamp()`
  const [row] = rowsOf<{
    id: string
    user_id: string | null
    decision: PollFacts['decision']
    is_over: boolean
    is_used: boolean
    is_too_soon: boolean
  }>(
    await system.execute(sql`update oauth_device_authorizations a
      set polled_at = clock_timestamp(), interval_seconds = a.interval_seconds + case when ${tooSoon} then 5 else 0 end
      where a.hash = ${o.hash}::bytea and a.client_id = ${o.clientId}
      returning a.id, a.user_id, a.decision, a.expires_at <= clock_timestamp() as is_over,
        a.used_at is not null as is_used,
        new.interval_seconds > old.interval_seconds as is_too_soon`),
  )
  return (
    row && {
      id: typeIdOf('dva', row.id),
      userId: row.user_id === null ? null : typeIdOf('user', row.user_id),
      decision: row.decision,
      isOver: row.is_over,
      isUsed: row.is_used,
      isTooSoon: row.is_too_soon,
    }
  )
}

/** The request, locked until the transaction ends, and the database's time. */
export async function lockDeviceAuthorization(
  tx: Queryable,
  id: string,
): Promise<{ authorization: DeviceAuthorization; now: Date } | undefined> {
  const [row] = await tx
    .select({
      authorization: oauthDeviceAuthorizations,
      nowMs: sql<string>`extract(epoch from clock_timestamp()) * 1000`,
    })
    .from(oauthDeviceAuthorizations)
    .where(eq(oauthDeviceAuthorizations.id, id))
    .for('update', { of: oauthDeviceAuthorizations })
  return row && { authorization: row.authorization, now: new Date(Number(row.nowMs)) }
}

/** Exchanges the device code for the session, if nobody did. */
export async function claimDeviceCode(tx: Queryable, o: { id: string; childSessionId: string }): Promise<boolean> {
  const won = await tx
    .update(oauthDeviceAuthorizations)
    .set({ usedAt: sql`clock_timestamp()`, childSessionId: o.childSessionId })
    .where(and(eq(oauthDeviceAuthorizations.id, o.id), isNull(oauthDeviceAuthorizations.usedAt)))
    .returning({ id: oauthDeviceAuthorizations.id })
  return won.length > 0
}

/** Forgets requests that were over an hour ago: until then a device is told that its code has expired. */
export async function deleteOldDeviceAuthorizations(system: Queryable, limit: number): Promise<number> {
  const gone = await system.execute(
    sql`delete from oauth_device_authorizations where id in
      (select id from oauth_device_authorizations where expires_at < now() - interval '1 hour' limit ${limit})
        returning id`,
  )
  return gone.length
}
