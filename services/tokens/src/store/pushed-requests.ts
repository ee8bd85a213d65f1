/** Authorization requests that clients handed over (RFC 9126). One conditional UPDATE decides who uses one. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { oauthPushedRequests } from './schema.ts'

export async function insertPushedRequest(
  system: Queryable,
  o: { id: string; hash: Buffer; clientId: string; parameters: Record<string, string>; lifetimeSeconds: number },
): Promise<void> {
  const { lifetimeSeconds, ...given } = o
  await system.insert(oauthPushedRequests).values({
    ...given,
    createdAt: sql`now()`,
    expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
  })
}

/** The parameters of a request of this client that is not over, for whoever comes first. */
export async function claimPushedRequest(
  system: Queryable,
  o: { hash: Buffer; clientId: string },
): Promise<Record<string, string> | undefined> {
  const [row] = await system
    .update(oauthPushedRequests)
    .set({ usedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(oauthPushedRequests.hash, o.hash),
        eq(oauthPushedRequests.clientId, o.clientId),
        isNull(oauthPushedRequests.usedAt),
        sql`${oauthPushedRequests.expiresAt} > now()`,
      ),
    )
    .returning({ parameters: oauthPushedRequests.parameters })
  return row?.parameters
}

/** Forgets requests that are over; how many. */
export async function deleteOldPushedRequests(system: Queryable, limit: number): Promise<number> {
  const gone = await system.execute(
    sql`delete from oauth_pushed_requests where id in (select id from oauth_pushed_requests where expires_at < now()
      limit ${limit}) returning id`,
  )
  return gone.length
}
