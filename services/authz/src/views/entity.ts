/** Entities of the directory as the wire has them. */
import type { Entity } from '@gatehouse/contracts/http/authz/entities'
import type { EntityRow } from '../store/schema.ts'

export const entityView = (row: EntityRow, roles: readonly string[]): Entity => ({
  type: row.type,
  id: row.key,
  attributes: row.attributes,
  roles: [...roles].sort(),
  created_at: row.createdAt.toISOString(),
})
