/** A thing in an organization's directory was stored or changed. Its own id is left out: applications may name things by an address. */
import Type, { type Static } from 'typebox'
import { EntityId, OrganizationId } from '../../common/ids.ts'

export const EntityStored = {
  type: 'gatehouse.authz.entity.stored.v1',
  data: Type.Object({
    entity_id: EntityId,
    organization_id: OrganizationId,
    type: Type.String(),
  }),
} as const

export type EntityStored = Static<typeof EntityStored.data>
