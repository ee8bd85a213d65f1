/** People of another system: which line became whom, and everybody as lines for another instance. */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { eq, sql } from 'drizzle-orm'
import { importedPeople } from './schema.ts'

/**
 * Held until the transaction ends: requests of one import that meet take turns, so none waits for an address of the
 * other.
 */
export async function lockImports(tx: Queryable): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('imported_people'), hashtext(current_schema()))`)
}

/** Whom a line became. */
export async function findImported(tx: Queryable, externalId: string): Promise<string | undefined> {
  const [row] = await tx
    .select({ userId: importedPeople.userId })
    .from(importedPeople)
    .where(eq(importedPeople.externalId, externalId))
  return row?.userId
}

export async function insertImported(tx: Queryable, row: { externalId: string; userId: string }): Promise<void> {
  await tx.insert(importedPeople).values(row)
}

export type ExportedRow = {
  userId: string
  externalId: string
  address: string
  name: string
  phc: string | null
  locale: string | null
  timeZone: string | null
}

type Row = {
  id: string
  external_id: string | null
  address: string
  name: string
  phc: string | null
  locale: string | null
  time_zone: string | null
}

/**
 * Active people after `afterId` whose address is proven, by id. Somebody who was never imported goes by their
 * identifier here.
 */
export async function listPeopleForExport(
  db: Queryable,
  { afterId, limit }: { afterId: string | undefined; limit: number },
): Promise<ExportedRow[]> {
  const rows = rowsOf<Row>(
    await db.execute(sql`
      select u.id, i.external_id, e.address, u.name, c.phc, u.locale, u.time_zone
      from users u join emails e on e.user_id = u.id left join credentials c on c.user_id = u.id
        left join imported_people i on i.user_id = u.id
      where u.status = 'active' and e.verified_at is not null
        ${afterId === undefined ? sql`` : sql`and u.id > ${uuidOf(afterId, 'user')}`}
      order by u.id limit ${limit}`),
  )
  return rows.map((row) => {
    const userId = typeIdOf('user', row.id)
    const { address, name, phc, locale } = row
    return { userId, externalId: row.external_id ?? userId, address, name, phc, locale, timeZone: row.time_zone }
  })
}
