/** Roles as the wire has them. */
import type { Role, RoleVersion } from '@gatehouse/contracts/http/authz/roles'
import type { Catalog } from '../domain/catalog.ts'
import type { RoleRow } from '../store/schema.ts'
import { validityView } from './validity.ts'

/** The platform's wildcard over every type is shown as what it is at the moment: one wildcard per type. */
export const roleView = (row: RoleRow, types: Pick<Catalog['types'], 'keys'>): Role => ({
  id: row.id,
  key: row.key,
  name: row.name,
  permissions: row.permissions.includes('*:*') ? [...types.keys()].map((type) => `${type}:*`) : row.permissions,
  inherits: row.inherits,
  scope: row.orgId === null ? 'platform' : 'organization',
  created_at: row.createdAt.toISOString(),
})

export const roleVersionView = (row: RoleRow, types: Pick<Catalog['types'], 'keys'>): RoleVersion => ({
  ...roleView(row, types),
  version: row.version,
  ...validityView(row),
})
