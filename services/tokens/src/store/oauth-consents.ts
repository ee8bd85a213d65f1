/**
 * What people allowed clients. A consent that was revoked stays as a row with its version; allowing again continues it.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, desc, eq, isNull, lt, ne, sql } from 'drizzle-orm'
import { oauthClients } from './oauth-client-schema.ts'
import { oauthConsents } from './schema.ts'

export type Consent = typeof oauthConsents.$inferSelect

const isGiven = isNull(oauthConsents.revokedAt)

/** The scope this person allowed this client; empty when none. */
export async function findConsent(tx: Queryable, o: { userId: string; clientId: string }): Promise<string[]> {
  const [row] = await tx
    .select({ scopes: oauthConsents.scopes })
    .from(oauthConsents)
    .where(and(eq(oauthConsents.userId, o.userId), eq(oauthConsents.clientId, o.clientId), isGiven))
  return row?.scopes ?? []
}

/**
 * Adds the scope to what the person allows this client; undefined when they allowed all of it before. One statement, so
 * two decisions at once add up.
 */
export async function addConsent(
  system: Queryable,
  o: { id: string; userId: string; clientId: string; scopes: string[] },
): Promise<Consent | undefined> {
  const { scopes } = oauthConsents
  const [row] = await system
    .insert(oauthConsents)
    .values({ ...o, version: 1, createdAt: sql`now()`, updatedAt: sql`now()` })
    .onConflictDoUpdate({
      target: [oauthConsents.userId, oauthConsents.clientId],
      set: {
        scopes: sql`case when ${oauthConsents.revokedAt} is null
          then ${scopes} || array(select s from unnest(excluded.scopes) s where s <> all (${scopes}))
            else excluded.scopes end`,
        version: sql`${oauthConsents.version} + 1`,
        updatedAt: sql`clock_timestamp()`,
        revokedAt: null,
      },
      setWhere: sql`${oauthConsents.revokedAt} is not null or not (${scopes} @> excluded.scopes)`,
    })
    .returning()
  return row
}

/** Revokes the consent if it is given; undefined when it is not theirs or was revoked before. */
export async function claimConsentRevocation(tx: Queryable, id: string): Promise<Consent | undefined> {
  const [row] = await tx
    .update(oauthConsents)
    .set({
      revokedAt: sql`clock_timestamp()`,
      updatedAt: sql`clock_timestamp()`,
      version: sql`${oauthConsents.version} + 1`,
    })
    .where(and(eq(oauthConsents.id, id), isGiven))
    .returning()
  return row
}

/** What an erased person allowed goes, revoked or not: nobody can ever allow it again. */
export async function deleteConsentsOf(tx: Queryable, userId: string): Promise<void> {
  await tx.delete(oauthConsents).where(eq(oauthConsents.userId, userId))
}

export type ConsentWithClient = { consent: Consent; client: { name: string; orgId: string | null } }

/**
 * One person's consents with the clients they are for, newest first; ids grow with creation time. Asked by the system
 * role, which sees the clients.
 */
export async function listConsents(
  system: Queryable,
  o: { userId: string; limit: number; beforeId: string | undefined },
): Promise<ConsentWithClient[]> {
  return await system
    .select({ consent: oauthConsents, client: { name: oauthClients.name, orgId: oauthClients.orgId } })
    .from(oauthConsents)
    .innerJoin(oauthClients, and(eq(oauthClients.id, oauthConsents.clientId), ne(oauthClients.status, 'deleted')))
    .where(
      and(
        eq(oauthConsents.userId, o.userId),
        isGiven,
        o.beforeId === undefined ? undefined : lt(oauthConsents.id, o.beforeId),
      ),
    )
    .orderBy(desc(oauthConsents.id))
    .limit(o.limit)
}
