/** Applications over time, and the index of what they declare. Whoever checks against the catalog holds it still. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { applications, permissions, resourceTypes, type ApplicationRow } from './schema.ts'
import { endingNow, validAt } from './validity.ts'

const current = isNull(applications.validTo)

/**
 * Until the end of the transaction nobody changes the catalog or this organization's model: what was checked against
 * them stays checked.
 */
export async function lockModel(db: Queryable, orgId: string): Promise<void> {
  await db.execute(
    sql`select pg_advisory_xact_lock_shared(hashtext('authz catalog')), pg_advisory_xact_lock(hashtext('authz model'),
      hashtext(${orgId}))`,
  )
}

/** Until the end of the transaction nobody else changes the catalog or checks against it. */
export async function lockCatalog(db: Queryable): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(hashtext('authz catalog'))`)
}

/** Now, or as of `at`. */
export const listApplications = (db: Queryable, at?: Date): Promise<ApplicationRow[]> =>
  db.select().from(applications).where(validAt(applications, at)).orderBy(asc(applications.key))

/** Whether the current declaration of the application says exactly this; the order of members does not count. */
export async function isApplicationUnchanged(
  db: Queryable,
  o: { key: string; manifest: ApplicationManifest },
): Promise<boolean> {
  const rows = await db.execute(
    sql`select 1 from ${applications} where ${eq(applications.key, o.key)} and ${current}
      and manifest = ${JSON.stringify(o.manifest)}::jsonb`,
  )
  return rowsOf(rows).length > 0
}

export async function closeApplication(db: Queryable, key: string): Promise<ApplicationRow | undefined> {
  const [row] = await db
    .update(applications)
    .set({ validTo: endingNow(applications.validFrom) })
    .where(and(eq(applications.key, key), current))
    .returning()
  return row
}

export async function insertApplication(
  db: Queryable,
  row: Pick<ApplicationRow, 'id' | 'version' | 'key' | 'manifest'> & { validFrom?: string },
): Promise<ApplicationRow> {
  const [inserted] = await db.insert(applications).values(row).returning()
  return inserted as ApplicationRow
}

/** Replaces the index of one application by what its manifest says. */
export async function replaceResourceTypes(
  db: Queryable,
  o: { application: string; manifest: ApplicationManifest },
): Promise<void> {
  await db.delete(resourceTypes).where(eq(resourceTypes.application, o.application))
  const types = o.manifest.resource_types
  await db.insert(resourceTypes).values(types.map(({ key }) => ({ key, application: o.application })))
  await db.insert(permissions).values(
    types.flatMap((type) =>
      type.actions.map(({ name, sensitive }) => ({
        resourceType: type.key,
        action: name,
        sensitive: sensitive ?? false,
      })),
    ),
  )
}
