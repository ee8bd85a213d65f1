/**
 * Tables of versions: a change closes the current version, conditional on its number, and the next begins where that
 * one ended.
 */
import { and, desc, eq, isNull, lt } from 'drizzle-orm'
import type { AnyPgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { endingNow } from './validity.ts'

type VersionedTable = PgTable & Record<'id' | 'orgId' | 'version' | 'validFrom' | 'validTo', AnyPgColumn>
type RowOf<T extends VersionedTable> = T['$inferSelect']
type Versioned = { version: number; validFrom: string; validTo: string | null }

/** Inserts a first version; undefined when the key is taken in its organization. */
export async function insertFirst<T extends VersionedTable>(
  db: Queryable,
  table: T,
  row: T['$inferInsert'],
): Promise<RowOf<T> | undefined> {
  const rows: RowOf<T>[] = await db.insert(table).values(row).onConflictDoNothing().returning()
  return rows[0]
}

/** Ends the current version: the winner's row, or undefined when it is not (any more) the expected one. */
export async function closeVersion<T extends VersionedTable>(
  db: Queryable,
  table: T,
  o: { id: string; version: number },
): Promise<RowOf<T> | undefined> {
  const rows: RowOf<T>[] = await db
    .update(table as VersionedTable)
    .set({ validTo: endingNow(table.validFrom) })
    .where(and(eq(table.id, o.id), eq(table.version, o.version), isNull(table.validTo)))
    .returning()
  return rows[0]
}

/** Inserts the version after `closed`, valid from the moment that one ended. */
export async function insertNext<T extends VersionedTable>(
  db: Queryable,
  table: T,
  { closed, content }: { closed: RowOf<T> & Versioned; content: Partial<RowOf<T>> },
): Promise<RowOf<T>> {
  const next = {
    ...closed,
    ...content,
    version: closed.version + 1,
    validFrom: closed.validTo ?? closed.validFrom,
    validTo: null,
  }
  const rows: RowOf<T>[] = await db.insert(table).values(next).returning()
  return rows[0] as RowOf<T>
}

/** Lists one page of what an aggregate of the organization has been, newest first; of a deleted one too. */
export async function listVersions<T extends VersionedTable>(
  db: Queryable,
  table: T,
  o: { orgId: string; id: string; limit: number; beforeVersion?: number },
): Promise<RowOf<T>[]> {
  const rest = o.beforeVersion === undefined ? undefined : lt(table.version, o.beforeVersion)
  return db
    .select()
    .from(table as PgTable)
    .where(and(eq(table.id, o.id), eq(table.orgId, o.orgId), rest))
    .orderBy(desc(table.version))
    .limit(o.limit)
}
