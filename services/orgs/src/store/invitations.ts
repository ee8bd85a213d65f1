/**
 * Rows of invitations. The status settles everything: it leaves `pending` once, by a conditional UPDATE,
 * and every secret of the invitation is worthless from then on.
 */
import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { InvitationStatus } from '../domain/invitation.ts'
import { invitations, type InvitationRow } from './schema.ts'

const isOpen = sql`${invitations.status} = 'pending' and ${invitations.expiresAt} > now()`

/**
 * Whatever concerns one address in one organization takes turns until the transaction ends: inviting it, and joining by
 * it.
 */
export async function lockAddress(tx: Tx, o: { orgId: string; email: string }): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('orgs address'), hashtext(${`${o.orgId} ${o.email}`}))`)
}

/** The pending invitation of an address, open or overdue. */
export async function findPendingInvitation(
  tx: Tx,
  o: { orgId: string; email: string },
): Promise<InvitationRow | undefined> {
  const [row] = await tx
    .select()
    .from(invitations)
    .where(and(eq(invitations.orgId, o.orgId), eq(invitations.email, o.email), eq(invitations.status, 'pending')))
  return row
}

/** Frees the address of an invitation that nobody accepted in time. */
export async function expireInvitations(tx: Tx, o: { orgId: string; email: string }): Promise<void> {
  await tx
    .update(invitations)
    .set({ status: 'expired', version: sql`${invitations.version} + 1`, settledAt: sql`now()` })
    .where(
      and(
        eq(invitations.orgId, o.orgId),
        eq(invitations.email, o.email),
        eq(invitations.status, 'pending'),
        sql`${invitations.expiresAt} <= now()`,
      ),
    )
}

/** The new invitation, or undefined when an open one for this address exists. */
export async function insertInvitation(
  tx: Tx,
  o: { id: string; orgId: string; email: string; roles: string[]; invitedBy: string; lifetimeDays: number },
): Promise<InvitationRow | undefined> {
  const { lifetimeDays, ...values } = o
  const [row] = await tx
    .insert(invitations)
    // The clock's time, not the transaction's: a removal may have been committed since the transaction began.
    .values({
      ...values,
      createdAt: sql`clock_timestamp()`,
      expiresAt: sql`clock_timestamp() + make_interval(days => ${lifetimeDays})`,
    })
    .onConflictDoNothing({ target: [invitations.orgId, invitations.email], where: sql`status = 'pending'` })
    .returning()
  return row
}

export async function findInvitation(
  db: Queryable,
  o: { orgId: string; id: string },
): Promise<InvitationRow | undefined> {
  const [row] = await db
    .select()
    .from(invitations)
    .where(and(eq(invitations.orgId, o.orgId), eq(invitations.id, o.id)))
  return row
}

/** Takes back an invitation that is still pending, expired or not; undefined when it is settled or not there. */
export async function claimRevocation(tx: Tx, o: { orgId: string; id: string }): Promise<InvitationRow | undefined> {
  const [row] = await tx
    .update(invitations)
    .set({ status: 'revoked', version: sql`${invitations.version} + 1`, settledAt: sql`now()` })
    .where(and(eq(invitations.orgId, o.orgId), eq(invitations.id, o.id), eq(invitations.status, 'pending')))
    .returning()
  return row
}

/**
 * Sends a pending invitation again, overdue or not: it lives as long as it did, is of who sends it now, and no secret
 * of before opens it. It stays as old as it is, so what is from before a removal brings nobody back.
 */
export async function claimResending(
  tx: Tx,
  o: { orgId: string; id: string; invitedBy: string },
): Promise<InvitationRow | undefined> {
  const { createdAt, expiresAt, resentAt } = invitations
  const [row] = await tx
    .update(invitations)
    .set({
      invitedBy: o.invitedBy,
      expiresAt: sql`clock_timestamp() + (${expiresAt} - coalesce(${resentAt}, ${createdAt}))`,
      resentAt: sql`clock_timestamp()`,
      version: sql`${invitations.version} + 1`,
    })
    .where(and(eq(invitations.orgId, o.orgId), eq(invitations.id, o.id), eq(invitations.status, 'pending')))
    .returning()
  return row
}

/** The open invitation, held until the transaction ends; undefined when it is settled, expired or not there. */
export async function lockOpenInvitation(tx: Tx, id: string): Promise<InvitationRow | undefined> {
  const [row] = await tx
    .select()
    .from(invitations)
    .where(and(eq(invitations.id, id), isOpen))
    .for('no key update')
  return row
}

/** Settles an open invitation by its answer; one caller wins, everybody else gets undefined. */
export async function claimInvitation(
  tx: Tx,
  o: { id: string } & ({ answer: 'accepted'; acceptedBy: string } | { answer: 'declined' }),
): Promise<InvitationRow | undefined> {
  const [row] = await tx
    .update(invitations)
    .set({
      status: o.answer,
      acceptedBy: o.answer === 'accepted' ? o.acceptedBy : null,
      version: sql`${invitations.version} + 1`,
      settledAt: sql`now()`,
    })
    .where(and(eq(invitations.id, o.id), isOpen))
    .returning()
  return row
}

const statusNow = sql<InvitationStatus>`case
  when ${invitations.status} = 'pending' and ${invitations.expiresAt} <= now() then 'expired'
  else ${invitations.status} end`

/** `search` is part of an address. */
export type InvitationFilter = { status?: InvitationStatus | undefined; search?: string | undefined }

/** Newest first, before the one named by `beforeId`; a pending one past its time reads `expired`. */
export async function listInvitations(
  db: Queryable,
  o: { orgId: string; limit: number; beforeId?: string | undefined } & InvitationFilter,
): Promise<InvitationRow[]> {
  const rows = await db
    .select({ invitation: invitations, statusNow })
    .from(invitations)
    .where(
      and(
        eq(invitations.orgId, o.orgId),
        o.beforeId === undefined ? undefined : lt(invitations.id, o.beforeId),
        o.status && eq(statusNow, o.status),
        o.search === undefined ? undefined : sql`position(${o.search.toLowerCase()} in ${invitations.email}) > 0`,
      ),
    )
    .orderBy(desc(invitations.id))
    .limit(o.limit)
  return rows.map(({ invitation, statusNow: status }) => ({ ...invitation, status }))
}

/**
 * Invitations that have been over for so many days, whatever became of them, with their secrets; how many, at most
 * `limit`.
 */
export async function deleteOldInvitations(db: Queryable, o: { days: number; limit: number }): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      with old as materialized (
        select id from invitations where expires_at < now() - make_interval(days => ${o.days})
        order by expires_at limit ${o.limit} for update skip locked
      ), secrets as (
        delete from invitation_secrets where invitation_id in (select id from old)
      )
      delete from invitations where id in (select id from old) returning 1`),
  )
  return rows.length
}
