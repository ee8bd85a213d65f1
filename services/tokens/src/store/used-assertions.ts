/** Assertions of clients that were used. The insert decides: there is no look before it. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { sql } from 'drizzle-orm'
import { oauthUsedAssertions } from './schema.ts'

/** Whether this is the first use of the assertion. */
export async function claimAssertion(
  system: Queryable,
  o: { clientId: string; hash: Buffer; expiresAt: Date },
): Promise<boolean> {
  const won = await system
    .insert(oauthUsedAssertions)
    .values(o)
    .onConflictDoNothing()
    .returning({ hash: oauthUsedAssertions.hash })
  return won.length > 0
}

/** Forgets assertions that no clock takes any more; how many. */
export async function deleteOldAssertions(system: Queryable, limit: number): Promise<number> {
  const gone = await system.execute(
    sql`delete from oauth_used_assertions where (client_id, hash) in (select client_id, hash
      from oauth_used_assertions where expires_at < now() - interval '1 minute' limit ${limit}) returning hash`,
  )
  return gone.length
}
