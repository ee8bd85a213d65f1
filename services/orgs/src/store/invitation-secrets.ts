/**
 * Secrets of sent invitation links, by hash. Read and written on the system role only: a link knows no organization.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { invitations, invitationSecrets, organizations, type InvitationRow, type OrganizationRow } from './schema.ts'

/** An invitation that can still be answered, with the organization it is for. */
export type OpenInvitation = { invitation: InvitationRow; organization: OrganizationRow }

const isOpen = and(
  eq(invitations.status, 'pending'),
  sql`${invitations.expiresAt} > now()`,
  eq(organizations.status, 'active'),
)

/** The open invitation a secret belongs to. */
export async function findOpenInvitationBySecret(db: Queryable, hash: Buffer): Promise<OpenInvitation | undefined> {
  const [row] = await db
    .select({ invitation: invitations, organization: organizations })
    .from(invitationSecrets)
    .innerJoin(invitations, eq(invitations.id, invitationSecrets.invitationId))
    .innerJoin(organizations, eq(organizations.id, invitations.orgId))
    .where(
      and(
        eq(invitationSecrets.hash, hash),
        isOpen,
        sql`${invitationSecrets.createdAt} >= coalesce(${invitations.resentAt}, '-infinity')`,
      ),
    )
  return row
}

/** The invitation of this id, if it can still be answered. */
export async function findOpenInvitation(db: Queryable, id: string): Promise<OpenInvitation | undefined> {
  const [row] = await db
    .select({ invitation: invitations, organization: organizations })
    .from(invitations)
    .innerJoin(organizations, eq(organizations.id, invitations.orgId))
    .where(and(eq(invitations.id, id), isOpen))
  return row
}

export async function insertInvitationSecret(
  tx: Tx,
  o: { hash: Buffer; invitationId: string; orgId: string },
): Promise<void> {
  await tx.insert(invitationSecrets).values(o)
}
