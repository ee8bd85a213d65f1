/** Authorization requests and codes. Each step forward is one conditional UPDATE: who is second is told so. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { AuthorizationRequest } from '../domain/oauth/authorization-request.ts'
import { oauthClients } from './oauth-client-schema.ts'
import type { OAuthClient } from './oauth-clients.ts'
import { oauthAuthorizations, oauthCodes } from './schema.ts'

export type Authorization = typeof oauthAuthorizations.$inferSelect
export type Code = typeof oauthCodes.$inferSelect

const isOpen = and(isNull(oauthAuthorizations.decision), sql`${oauthAuthorizations.expiresAt} > now()`)

export async function insertAuthorization(
  system: Queryable,
  o: { id: string; clientId: string; request: AuthorizationRequest; browserHash: Buffer; lifetimeSeconds: number },
): Promise<void> {
  const { lifetimeSeconds, ...given } = o
  await system.insert(oauthAuthorizations).values({
    ...given,
    createdAt: sql`now()`,
    expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
  })
}

export type OpenAuthorization = {
  authorization: Authorization
  client: Pick<OAuthClient, 'id' | 'name' | 'orgId' | 'isFirstParty' | 'policyUri' | 'tosUri'>
}

/** A request nobody has decided yet, with its client. */
export async function findOpenAuthorization(system: Queryable, id: string): Promise<OpenAuthorization | undefined> {
  const { id: clientId, name, orgId, isFirstParty, policyUri, tosUri } = oauthClients
  const client = { id: clientId, name, orgId, isFirstParty, policyUri, tosUri }
  const [row] = await system
    .select({ authorization: oauthAuthorizations, client })
    .from(oauthAuthorizations)
    .innerJoin(oauthClients, and(eq(oauthClients.id, oauthAuthorizations.clientId), eq(oauthClients.status, 'active')))
    .where(and(eq(oauthAuthorizations.id, id), isOpen))
  return row
}

/** Decides the request for this person, if nobody did before. */
export async function claimDecision(
  system: Queryable,
  o: {
    id: string
    userId: string
    sessionId: string
    organizationId: string | null
    decision: 'approved' | 'denied'
    continuationHash: Buffer
  },
): Promise<boolean> {
  const { id, ...settled } = o
  const [winner] = await system
    .update(oauthAuthorizations)
    .set(settled)
    .where(and(eq(oauthAuthorizations.id, id), isOpen))
    .returning({ id: oauthAuthorizations.id })
  return winner !== undefined
}

/** Forgets a request that nobody has decided; false when somebody has. */
export async function deleteOpenAuthorization(system: Queryable, id: string): Promise<boolean> {
  const [gone] = await system
    .delete(oauthAuthorizations)
    .where(and(eq(oauthAuthorizations.id, id), isOpen))
    .returning({ id: oauthAuthorizations.id })
  return gone !== undefined
}

/** A decided request by the secret of its continuation: read to find out which cookie must have come along. */
export async function findByContinuation(system: Queryable, hash: Buffer): Promise<Authorization | undefined> {
  const [row] = await system.select().from(oauthAuthorizations).where(eq(oauthAuthorizations.continuationHash, hash))
  return row
}

/** Goes on with a decided request, once and before it is over. */
export async function claimContinuation(tx: Queryable, id: string): Promise<boolean> {
  const [winner] = await tx
    .update(oauthAuthorizations)
    .set({ continuedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(oauthAuthorizations.id, id),
        isNotNull(oauthAuthorizations.decision),
        isNull(oauthAuthorizations.continuedAt),
        sql`${oauthAuthorizations.expiresAt} > now()`,
      ),
    )
    .returning({ id: oauthAuthorizations.id })
  return winner !== undefined
}

export type NewCode = Pick<
  Code,
  'id' | 'hash' | 'clientId' | 'userId' | 'parentSessionId' | 'organizationId' | 'request'
> & { lifetimeSeconds: number }

export const codeRow = ({ lifetimeSeconds, ...given }: NewCode) => ({
  ...given,
  createdAt: sql`now()`,
  expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
})

export async function insertCode(tx: Queryable, code: NewCode): Promise<void> {
  await tx.insert(oauthCodes).values(codeRow(code))
}

/** Whose code this is. Asked by the system role: before this nobody knows the person. */
export async function findCodeByHash(
  system: Queryable,
  hash: Buffer,
): Promise<Pick<Code, 'id' | 'userId'> | undefined> {
  const [row] = await system
    .select({ id: oauthCodes.id, userId: oauthCodes.userId })
    .from(oauthCodes)
    .where(eq(oauthCodes.hash, hash))
  return row
}

/** The code, locked until the transaction ends, and the database's time. */
export async function lockCode(tx: Queryable, id: string): Promise<{ code: Code; now: Date } | undefined> {
  const [row] = await tx
    .select({ code: oauthCodes, nowMs: sql<string>`extract(epoch from clock_timestamp()) * 1000` })
    .from(oauthCodes)
    .where(eq(oauthCodes.id, id))
    .for('update', { of: oauthCodes })
  return row && { code: row.code, now: new Date(Number(row.nowMs)) }
}

/** Exchanges the code for the session, if nobody did. */
export async function claimCode(tx: Queryable, o: { id: string; sessionId: string }): Promise<boolean> {
  const [winner] = await tx
    .update(oauthCodes)
    .set({ usedAt: sql`clock_timestamp()`, sessionId: o.sessionId })
    .where(and(eq(oauthCodes.id, o.id), isNull(oauthCodes.usedAt)))
    .returning({ id: oauthCodes.id })
  return winner !== undefined
}

/** Forgets requests and codes that were over a day ago: until then a code that comes back is recognised. */
export async function deleteOldAuthorizations(system: Queryable, limit: number): Promise<number> {
  const gone = await system.execute(
    sql`delete from oauth_authorizations where id in (select id from oauth_authorizations
      where expires_at < now() - interval '1 day' limit ${limit}) returning id`,
  )
  const codes = await system.execute(
    sql`delete from oauth_codes where id in (select id from oauth_codes where expires_at < now() - interval '1 day'
      limit ${limit}) returning id`,
  )
  return gone.length + codes.length
}
