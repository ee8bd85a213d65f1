/**
 * Copies of people, organizations, memberships and service accounts. A newer version supersedes the current row; an
 * older or equal one changes nothing, so repeats and reordering are harmless. A snapshot is believed whatever its
 * version.
 */
import { and, eq, isNull, ne } from 'drizzle-orm'
import type { AnyPgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import {
  memberships,
  organizations,
  serviceAccounts,
  users,
  type ContentOf,
  type MembershipRow,
  type OrganizationRow,
  type ServiceAccountRow,
  type UserRow,
} from './schema.ts'
import { endingNow } from './validity.ts'

type Kept = PgTable & { id: AnyPgColumn; version: AnyPgColumn; validFrom: AnyPgColumn; validTo: AnyPgColumn }

/** The current row under a lock that later copies of the same thing wait for. */
async function lockCurrent<Row>(tx: Tx, table: Kept, id: string): Promise<Row | undefined> {
  const [row] = await tx
    .select()
    .from(table)
    .where(and(eq(table.id, id), isNull(table.validTo)))
    .for('update')
  return row as Row | undefined
}

/** Closes the current row of the thing, if there is one; when the next one begins. */
async function endCurrent(tx: Tx, table: Kept, id: string): Promise<string | undefined> {
  const [ended] = await tx
    .update(table)
    .set({ validTo: endingNow(table.validFrom) } as never)
    .where(and(eq(table.id, id), isNull(table.validTo)))
    .returning({ at: table.validTo })
  return (ended?.at as string | undefined) ?? undefined
}

const beginning = (at: string | undefined): { validFrom?: string } => (at === undefined ? {} : { validFrom: at })

/**
 * Users' events say one thing each, so what is known is merged: once verified or disabled, a late event does not undo
 * it.
 */
export async function upsertUser(
  tx: Tx,
  said: { id: string; version: number; status?: 'active' | 'disabled'; emailVerified?: boolean },
): Promise<void> {
  const known = await lockCurrent<UserRow>(tx, users, said.id)
  const isNewer = said.version > (known?.version ?? -1)
  const next: ContentOf<UserRow> = {
    id: said.id,
    version: Math.max(said.version, known?.version ?? 0),
    status: isNewer
      ? (said.status ?? known?.status ?? 'active')
      : said.status === 'disabled'
        ? 'disabled'
        : (known?.status ?? 'active'),
    emailVerified: (known?.emailVerified ?? false) || (said.emailVerified ?? false),
  }
  if (known && !isNewer && known.status === next.status && known.emailVerified === next.emailVerified) return
  await tx.insert(users).values({ ...next, ...beginning(await endCurrent(tx, users, said.id)) })
}

/** Replaces what is known by what a snapshot says. */
export async function replaceUser(tx: Tx, said: ContentOf<UserRow>): Promise<void> {
  const known = await lockCurrent<UserRow>(tx, users, said.id)
  if (
    known &&
    known.version === said.version &&
    known.status === said.status &&
    known.emailVerified === said.emailVerified
  )
    return
  await tx.insert(users).values({ ...said, ...beginning(await endCurrent(tx, users, said.id)) })
}

/** `always`: of a snapshot, believed even when it is older. */
export async function upsertOrganization(tx: Tx, said: ContentOf<OrganizationRow>, always = false): Promise<void> {
  const known = await lockCurrent<OrganizationRow>(tx, organizations, said.id)
  if (
    known &&
    (always ? known.version === said.version && known.status === said.status : said.version <= known.version)
  )
    return
  await tx.insert(organizations).values({ ...said, ...beginning(await endCurrent(tx, organizations, said.id)) })
}

/** Whether it changed what was known. */
export async function upsertMembership(tx: Tx, said: ContentOf<MembershipRow>, always = false): Promise<boolean> {
  const known = await lockCurrent<MembershipRow>(tx, memberships, said.id)
  if (known && (always ? isSameMembership(known, said) : said.version <= known.version)) return false
  await tx.insert(memberships).values({ ...said, ...beginning(await endCurrent(tx, memberships, said.id)) })
  return true
}

/** Whether the organization is deleted: of its members nothing more is kept. */
export async function isDeletedOrganization(tx: Tx, id: string): Promise<boolean> {
  const known = await lockCurrent<OrganizationRow>(tx, organizations, id)
  return known?.status === 'removed'
}

/** Of an erased person not even history keeps what was said about them. */
export async function eraseMembershipAttributes(tx: Tx, id: string): Promise<void> {
  await tx.update(memberships).set({ attributes: {} }).where(eq(memberships.id, id))
}

/** Whether the membership is known and not over. */
export async function isMember(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.id, id), ne(memberships.status, 'removed'), isNull(memberships.validTo)))
  return rows.length > 0
}

const isSameMembership = (known: MembershipRow, said: ContentOf<MembershipRow>): boolean =>
  known.version === said.version &&
  known.status === said.status &&
  known.isOwner === said.isOwner &&
  JSON.stringify(known.attributes) === JSON.stringify(said.attributes)

/** Whether it changed what was known. `always`: of a snapshot, believed even when it is older. */
export async function upsertServiceAccount(
  tx: Tx,
  said: ContentOf<ServiceAccountRow>,
  always = false,
): Promise<boolean> {
  const known = await lockCurrent<ServiceAccountRow>(tx, serviceAccounts, said.id)
  if (
    known &&
    (always ? known.version === said.version && known.status === said.status : said.version <= known.version)
  )
    return false
  await tx.insert(serviceAccounts).values({ ...said, ...beginning(await endCurrent(tx, serviceAccounts, said.id)) })
  return true
}

export const listServiceAccounts = (tx: Tx): Promise<ServiceAccountRow[]> =>
  tx
    .select()
    .from(serviceAccounts)
    .where(and(isNull(serviceAccounts.validTo), ne(serviceAccounts.status, 'deleted')))

/** What is believed to exist: a snapshot that does not name one of these says that it is gone. */
export const listActiveUsers = (tx: Tx): Promise<UserRow[]> =>
  tx
    .select()
    .from(users)
    .where(and(isNull(users.validTo), ne(users.status, 'disabled')))

export const listActiveOrganizations = (tx: Tx): Promise<OrganizationRow[]> =>
  tx
    .select()
    .from(organizations)
    .where(and(isNull(organizations.validTo), ne(organizations.status, 'removed')))

export const listActiveMemberships = (tx: Tx): Promise<MembershipRow[]> =>
  tx
    .select()
    .from(memberships)
    .where(and(isNull(memberships.validTo), ne(memberships.status, 'removed')))
