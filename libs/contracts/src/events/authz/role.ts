/** Roles of an organization. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, RoleId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** An organization's role was created. */
export const RoleCreated = {
  type: 'gatehouse.authz.role.created.v1',
  data: Type.Object({
    role_id: RoleId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type RoleCreated = Static<typeof RoleCreated.data>

/** An organization's role was updated. */
export const RoleUpdated = {
  type: 'gatehouse.authz.role.updated.v1',
  data: Type.Object({
    role_id: RoleId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type RoleUpdated = Static<typeof RoleUpdated.data>

/** An organization's role was deleted. */
export const RoleDeleted = {
  type: 'gatehouse.authz.role.deleted.v1',
  data: Type.Object({
    role_id: RoleId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type RoleDeleted = Static<typeof RoleDeleted.data>

export const roleEvents: readonly EventContract[] = [RoleCreated, RoleUpdated, RoleDeleted]
