/**
 * Clients of the OpenID provider and their secrets. Each change gives the next version; a third secret fails on the
 * slots of the table.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, desc, eq, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm'
import { oauthClients, oauthClientSecrets } from './oauth-client-schema.ts'
import { clients } from './schema.ts'

export type OAuthClient = typeof oauthClients.$inferSelect
export type OAuthClientSecret = typeof oauthClientSecrets.$inferSelect

export type NewClient = Omit<OAuthClient, 'status' | 'version' | 'createdAt' | 'updatedAt'>

/** Null: the platform. */
export type Owner = { orgId: string | null }

const exists = ne(oauthClients.status, 'deleted')
/** By the `client_id`, or by the reference to a client that a document describes. */
const named = (id: string) => or(eq(oauthClients.id, id), eq(oauthClients.documentReference, id))
const ofOwner = ({ orgId }: Owner) => (orgId === null ? isNull(oauthClients.orgId) : eq(oauthClients.orgId, orgId))

/** Lifetimes of the child sessions of clients: as those of our own. */
const idleTtlSeconds = 1_209_600
const absoluteTtlSeconds = 7_776_000

export async function insertOAuthClient(tx: Queryable, client: NewClient): Promise<OAuthClient> {
  // Not by drizzle, which names each column: whether a client is ours is not in the grant.
  await tx.execute(
    sql`insert into ${clients} (id, name, idle_ttl_seconds, absolute_ttl_seconds)
      values (${client.id}, ${client.name}, ${idleTtlSeconds}, ${absoluteTtlSeconds})`,
  )
  const [row] = await tx
    .insert(oauthClients)
    .values({ ...client, status: 'active', version: 1, createdAt: sql`now()`, updatedAt: sql`now()` })
    .returning()
  return row as OAuthClient
}

/** The client, locked until the transaction ends: one at a time changes it or its secrets. */
export async function lockOAuthClient(tx: Queryable, o: Owner & { id: string }): Promise<OAuthClient | undefined> {
  const [row] = await tx
    .select()
    .from(oauthClients)
    .where(and(named(o.id), ofOwner(o), exists))
    .for('update')
  return row
}

export async function findOAuthClient(tx: Queryable, o: Owner & { id: string }): Promise<OAuthClient | undefined> {
  const [row] = await tx
    .select()
    .from(oauthClients)
    .where(and(named(o.id), ofOwner(o), exists))
  return row
}

/** Whoever's; asked by the system role at the protocol's endpoints. */
export async function findActiveClient(system: Queryable, id: string): Promise<OAuthClient | undefined> {
  const [row] = await system
    .select()
    .from(oauthClients)
    .where(and(eq(oauthClients.id, id), eq(oauthClients.status, 'active')))
  return row
}

/** Whatever has become of it; asked by the system role. */
export async function findClientOfDocument(system: Queryable, id: string): Promise<OAuthClient | undefined> {
  const [row] = await system.select().from(oauthClients).where(eq(oauthClients.id, id))
  return row
}

/** One at a time reads the document of a client for the first time, until the transaction ends. */
export async function lockDocument(tx: Queryable, id: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${id}, 0))`)
}

/** The document says what it said: it is believed for longer. */
export async function keepDocument(tx: Queryable, id: string, expiresAt: Date): Promise<void> {
  await tx.update(oauthClients).set({ documentExpiresAt: expiresAt }).where(eq(oauthClients.id, id))
}

/** The client that manages itself with this token (RFC 7592). */
export async function findRegistered(system: Queryable, hash: Buffer): Promise<OAuthClient | undefined> {
  const [row] = await system
    .select()
    .from(oauthClients)
    .where(and(eq(oauthClients.registrationHash, hash), eq(oauthClients.status, 'active')))
  return row
}

/** Newest first; ids grow with creation time. */
export async function listOAuthClients(
  tx: Queryable,
  o: Owner & { limit: number; beforeId: string | undefined },
): Promise<OAuthClient[]> {
  const rest = o.beforeId === undefined ? undefined : lt(oauthClients.id, o.beforeId)
  return await tx
    .select()
    .from(oauthClients)
    .where(and(ofOwner(o), exists, rest))
    .orderBy(desc(oauthClients.id))
    .limit(o.limit)
}

export type ClientUpdate = Partial<
  Pick<
    OAuthClient,
    | 'name'
    | 'status'
    | 'grantTypes'
    | 'redirectUris'
    | 'postLogoutRedirectUris'
    | 'allowedOrigins'
    | 'scopes'
    | 'audiences'
    | 'idTokenAlg'
    | 'isFirstParty'
    | 'dpopBoundAccessTokens'
    | 'requiresPushedRequests'
    | 'securityProfile'
    | 'accessTokenSeconds'
    | 'sessionSeconds'
    | 'logoUri'
    | 'policyUri'
    | 'tosUri'
    | 'jwks'
    | 'jwksUri'
    | 'documentExpiresAt'
    | 'backchannelLogoutUri'
  >
>

/** Under the lock of the client. */
export async function updateOAuthClient(tx: Queryable, id: string, update: ClientUpdate): Promise<OAuthClient> {
  const [row] = await tx
    .update(oauthClients)
    .set({ ...update, version: sql`${oauthClients.version} + 1`, updatedAt: sql`clock_timestamp()` })
    .where(eq(oauthClients.id, id))
    .returning()
  return row as OAuthClient
}

export type ClientOrigins = Pick<OAuthClient, 'id' | 'orgId' | 'isFirstParty' | 'allowedOrigins'>

/** Of every live client that names origins; asked by the system role. */
export async function listClientOrigins(system: Queryable): Promise<ClientOrigins[]> {
  const { id, orgId, isFirstParty, allowedOrigins } = oauthClients
  return await system
    .select({ id, orgId, isFirstParty, allowedOrigins })
    .from(oauthClients)
    .where(and(eq(oauthClients.status, 'active'), sql`cardinality(${allowedOrigins}) > 0`))
}

export async function listSecrets(tx: Queryable, clientIds: readonly string[]): Promise<OAuthClientSecret[]> {
  if (clientIds.length === 0) return []
  return await tx
    .select()
    .from(oauthClientSecrets)
    .where(inArray(oauthClientSecrets.clientId, [...clientIds]))
    .orderBy(oauthClientSecrets.id)
}

/** In the first free slot; undefined when both are taken. */
export async function insertSecret(
  tx: Queryable,
  secret: Omit<OAuthClientSecret, 'slot' | 'createdAt'>,
): Promise<OAuthClientSecret | undefined> {
  const taken = (await listSecrets(tx, [secret.clientId])).map(({ slot }) => slot)
  const slot = [1, 2].find((one) => !taken.includes(one))
  if (slot === undefined) return undefined
  const [row] = await tx
    .insert(oauthClientSecrets)
    .values({ ...secret, slot, createdAt: sql`now()` })
    .returning()
  return row
}

export async function deleteSecret(tx: Queryable, o: { id: string; clientId: string }): Promise<boolean> {
  const gone = await tx
    .delete(oauthClientSecrets)
    .where(and(eq(oauthClientSecrets.id, o.id), eq(oauthClientSecrets.clientId, o.clientId)))
    .returning({ id: oauthClientSecrets.id })
  return gone.length > 0
}

/** Whether this is a secret of this client. The hash is looked up whole, so time tells nothing about it. */
export async function hasSecret(system: Queryable, o: { clientId: string; hash: Buffer }): Promise<boolean> {
  const found = await system
    .select({ id: oauthClientSecrets.id })
    .from(oauthClientSecrets)
    .where(and(eq(oauthClientSecrets.hash, o.hash), eq(oauthClientSecrets.clientId, o.clientId)))
  return found.length > 0
}
