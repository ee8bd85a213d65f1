/**
 * Sealed secrets of endpoints, the one before the last rotation included, as what a new key-encryption key has to seal
 * anew.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { SealedRow } from '@gatehouse/service-kit/secrets/reseal'
import { sql, type SQL } from 'drizzle-orm'

/** Where an endpoint has a secret. */
export type SecretColumn = 'secret_sealed' | 'previous_secret_sealed'

const nameOf = (column: SecretColumn): SQL => sql`${sql.identifier(column)}`

/** At most `limit` endpoints after `afterId` whose secret is sealed under another key-encryption key than this one. */
export async function listSecretsSealedOtherwise(
  db: Queryable,
  column: SecretColumn,
  o: { keyId: string; afterId: string | undefined; limit: number },
): Promise<SealedRow[]> {
  const after = o.afterId === undefined ? sql`` : sql`and id > ${uuidOf(o.afterId, 'whk')}`
  const rows = rowsOf<{ id: string; sealed: string }>(
    await db.execute(sql`
      select id, ${nameOf(column)} as sealed from webhook_endpoints
      where split_part(${nameOf(column)}, '.', 2) <> ${o.keyId} ${after} order by id limit ${o.limit}`),
  )
  return rows.map((row) => ({ id: typeIdOf('whk', row.id), sealed: row.sealed }))
}

/** Puts `to` in the place of what was read: a secret that was rotated meanwhile stays rotated. */
export async function replaceSealedSecret(
  db: Queryable,
  column: SecretColumn,
  { id, sealed }: SealedRow,
  to: string,
): Promise<void> {
  await db.execute(sql`
    update webhook_endpoints set ${nameOf(column)} = ${to}
    where id = ${uuidOf(id, 'whk')} and ${nameOf(column)} = ${sealed}`)
}
