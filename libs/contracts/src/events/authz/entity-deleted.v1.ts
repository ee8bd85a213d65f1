/** A thing in an organization's directory was removed. Its own id is left out: applications may name things by an address. */
import Type, { type Static } from 'typebox'
import { EntityId, OrganizationId } from '../../common/ids.ts'

export const EntityDeleted = {
  type: 'gatehouse.authz.entity.deleted.v1',
  data: Type.Object({
    entity_id: EntityId,
    organization_id: OrganizationId,
    type: Type.String(),
  }),
} as const

export type EntityDeleted = Static<typeof EntityDeleted.data>
