/** What tokens keeps of an organization goes once the organization is deleted. Its state stays as a tombstone. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import { oauthClients, oauthClientSecrets } from './oauth-client-schema.ts'
import { apiKeys, membershipStates, oauthConsents, platformAccountUses, serviceAccounts } from './schema.ts'

/**
 * Memberships, service accounts, API keys and what people allowed its clients are deleted. A client stays as a
 * tombstone without secrets, which sessions of the past refer to; nobody refreshes as a deleted client, and the upkeep
 * ends its sessions.
 */
export async function deleteOrganizationContents(tx: Queryable, orgId: string): Promise<void> {
  const clientsOf = tx.select({ id: oauthClients.id }).from(oauthClients).where(eq(oauthClients.orgId, orgId))
  await tx.delete(membershipStates).where(eq(membershipStates.organizationId, orgId))
  await tx.delete(apiKeys).where(eq(apiKeys.orgId, orgId))
  await tx.delete(serviceAccounts).where(eq(serviceAccounts.orgId, orgId))
  await tx.delete(platformAccountUses).where(eq(platformAccountUses.orgId, orgId))
  await tx.delete(oauthClientSecrets).where(eq(oauthClientSecrets.orgId, orgId))
  await tx.delete(oauthConsents).where(inArray(oauthConsents.clientId, clientsOf))
  await tx
    .update(oauthClients)
    .set({ status: 'deleted', version: sql`${oauthClients.version} + 1`, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(oauthClients.orgId, orgId), ne(oauthClients.status, 'deleted')))
}
