/**
 * The entity directory over time. A deleted entity's current row says so; it is found by nobody but whoever stores it
 * again.
 */
import { and, asc, eq, gt, inArray, isNull, not, sql, type SQL } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { EntityFacts } from '../domain/facts.ts'
import { entities, type ContentOf, type EntityRow } from './schema.ts'
import { validAt } from './validity.ts'
import { closeVersion, insertFirst, insertNext } from './versions.ts'

type OfType = { orgId: string; type: string }

/** Those of a type that are not deleted, now or as of `at`. */
const thereAt = (o: OfType & { at?: Date | undefined }) =>
  and(eq(entities.orgId, o.orgId), eq(entities.type, o.type), eq(entities.deleted, false), validAt(entities, o.at))

/** Current rows of a type, be they of deletions. */
export const currentOf = (o: OfType) =>
  and(eq(entities.orgId, o.orgId), eq(entities.type, o.type), isNull(entities.validTo))

/** What a decision reads of an entity, now or as of `at`; `id` is what its application calls it. */
export async function findEntity(
  db: Queryable,
  o: { orgId: string; type: string; id: string; at?: Date | undefined },
): Promise<EntityFacts | undefined> {
  const [row] = await db
    .select()
    .from(entities)
    .where(and(thereAt(o), eq(entities.key, o.id)))
  return row && toFacts(row)
}

/** Those of a type that are there, by id. */
export async function findEntities(
  db: Queryable,
  o: { orgId: string; type: string; ids: readonly string[]; at?: Date | undefined },
): Promise<Map<string, EntityFacts>> {
  const rows = await db
    .select()
    .from(entities)
    .where(and(thereAt(o), inArray(entities.key, [...o.ids])))
  return new Map(rows.map((row) => [row.key, toFacts(row)]))
}

/** One page of a type, by id in the order of its bytes; without what is only said of people the platform knows. */
export async function listEntities(
  db: Queryable,
  o: { orgId: string; type: string; afterId?: string | undefined; limit: number; at?: Date | undefined },
): Promise<EntityFacts[]> {
  const rows = await listEntityRows(db, {
    ...o,
    except: o.type === 'user' ? sql`starts_with(${entities.key}, 'user_')` : undefined,
  })
  return rows.map(toFacts)
}

export async function listEntityRows(
  db: Queryable,
  o: {
    orgId: string
    type: string
    afterId?: string | undefined
    limit: number
    at?: Date | undefined
    except?: SQL | undefined
  },
): Promise<EntityRow[]> {
  const rest = o.afterId === undefined ? undefined : gt(entities.key, o.afterId)
  return db
    .select()
    .from(entities)
    .where(and(thereAt(o), rest, o.except && not(o.except)))
    .orderBy(asc(entities.key))
    .limit(o.limit)
}

const toFacts = (row: EntityRow): EntityFacts => ({
  entityId: row.id,
  type: row.type,
  id: row.key,
  version: row.version,
  attributes: row.attributes,
  roles: row.roleIds.map((roleId) => ({ roleId, expiresAtMs: undefined })),
})

/** The current row, be it of a deletion. */
export async function findEntityRow(
  db: Queryable,
  o: { orgId: string; type: string; key: string },
): Promise<EntityRow | undefined> {
  const [row] = await db
    .select()
    .from(entities)
    .where(and(currentOf(o), eq(entities.key, o.key)))
  return row
}

/** Inserts a first version; undefined when somebody else has stored it meanwhile. */
export const insertEntity = (
  db: Queryable,
  row: Omit<ContentOf<EntityRow>, 'createdAt'>,
): Promise<EntityRow | undefined> => insertFirst(db, entities, row)

export const closeEntity = (db: Queryable, o: { id: string; version: number }): Promise<EntityRow | undefined> =>
  closeVersion(db, entities, o)

export const insertNextEntity = (
  db: Queryable,
  closed: EntityRow,
  content: Pick<EntityRow, 'attributes' | 'roleIds' | 'deleted'>,
): Promise<EntityRow> => insertNext(db, entities, { closed, content })
