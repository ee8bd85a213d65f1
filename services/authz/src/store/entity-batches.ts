/**
 * Many entities at once. What a statement is given is one JSON text, so that its own text, and with it what PostgreSQL
 * has prepared, is the same however many there are.
 */
import { and, sql } from 'drizzle-orm'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { AttributeValues } from '@gatehouse/contracts/http/authz/attributes'
import { currentOf } from './entities.ts'
import { entities, type EntityRow } from './schema.ts'

type OfType = { orgId: string; type: string }

/** The current rows of these, be they of deletions. */
export async function findEntityRows(
  db: Queryable,
  o: OfType & { keys: readonly string[] },
): Promise<ReadonlyMap<string, EntityRow>> {
  const keys = sql`array(select jsonb_array_elements_text(${JSON.stringify(o.keys)}::jsonb))`
  const rows = await db
    .select()
    .from(entities)
    .where(and(currentOf(o), sql`${entities.key} = any(${keys})`))
  return new Map(rows.map((row) => [row.key, row]))
}

/** A version to store: `text` holds all of it as JSON, made once. */
export type NewVersion = { readonly id: string; readonly version: number; readonly text: string }

export const newVersion = (o: {
  id: string
  version: number
  key: string
  attributes: AttributeValues
  roleIds: readonly string[]
}): NewVersion => ({
  id: o.id,
  version: o.version,
  text: JSON.stringify([
    uuidOf(o.id, 'ent'),
    o.version,
    o.key,
    o.attributes,
    o.roleIds.map((roleId) => uuidOf(roleId, 'role')),
  ]),
})

/**
 * Ends the versions before these and stores these, each from the moment the one before it ended.
 * @returns whether each was stored: false when somebody else has stored one meanwhile
 */
export async function storeVersions(
  db: Queryable,
  { orgId, type, versions }: OfType & { versions: readonly NewVersion[] },
): Promise<boolean> {
  const ended = await endVersions(
    db,
    versions.filter(({ version }) => version > 1),
  )
  const rows = `[${versions.map(({ text }) => text).join(',')}]`
  const stored = await db.execute(sql`
    insert into entities (id, version, org_id, type, key, attributes, role_ids, created_at, valid_from)
    select (given->>0)::uuid, (given->>1)::bigint, ${uuidOf(orgId, 'org')}::uuid, ${type}::text, given->>2, given->3,
      array(select jsonb_array_elements_text(given->4)::uuid),
      coalesce((ended->>1)::timestamptz, now()), coalesce((ended->>2)::timestamptz, clock_timestamp())
    from jsonb_array_elements(${rows}::jsonb) as given
    left join jsonb_array_elements(${JSON.stringify(ended)}::jsonb) as ended on ended->0 = given->0
    on conflict do nothing
    returning 1`)
  return rowsOf(stored).length === versions.length
}

/** By id, when each was made first and when it ended. */
async function endVersions(db: Queryable, versions: readonly NewVersion[]): Promise<[string, string, string][]> {
  if (versions.length === 0) return []
  const before = JSON.stringify(versions.map(({ id, version }) => [uuidOf(id, 'ent'), version - 1]))
  const ended = await db.execute(sql`
    update entities set valid_to = greatest(clock_timestamp(), valid_from)
    from jsonb_array_elements(${before}::jsonb) as given
    where id = (given->>0)::uuid and version = (given->>1)::bigint and valid_to is null
    returning id, created_at, valid_to`)
  return rowsOf<{ id: string; created_at: string; valid_to: string }>(ended).map((row) => [
    row.id,
    row.created_at,
    row.valid_to,
  ])
}
