/** Rows as the wire has them. */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { Policy } from '@gatehouse/contracts/http/authz/policies'
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import type { Application, Catalog } from '../domain/catalog.ts'
import type { PolicyRow, RoleRow } from '../store/schema.ts'

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

export const policyView = (row: PolicyRow): Policy => ({
  id: row.id,
  key: row.key,
  effect: row.effect,
  resource_type: row.resourceType,
  actions: row.actions,
  ...(row.roles === null ? {} : { roles: row.roles }),
  ...(row.whenSource === null ? {} : { when: row.whenSource }),
  version: row.version,
  created_at: row.createdAt.toISOString(),
})

export type ApplicationView = { key: string } & ApplicationManifest
export const applicationView = ({ key, manifest }: Application): ApplicationView => ({ key, ...manifest })
