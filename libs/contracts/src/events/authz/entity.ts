/** Entities an organization keeps in its directory. */
import Type, { type Static } from 'typebox'
import { EntityId, OrganizationId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/**
 * A thing in an organization's directory was stored or changed. Its own id is left out: applications may name things by
 * an address.
 */
export const EntityStored = {
  type: 'gatehouse.authz.entity.stored.v1',
  data: Type.Object({
    entity_id: EntityId,
    organization_id: OrganizationId,
    type: Type.String(),
  }),
} as const

export type EntityStored = Static<typeof EntityStored.data>

/** As many as one event names. */
export const mostEntitiesInEvent = 100

/**
 * Things of one type were stored or changed by one call. It is named after the first of them; what an application calls
 * them is left out.
 */
export const EntitiesStored = {
  type: 'gatehouse.authz.entities.stored.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    type: Type.String(),
    entities: Type.Array(Type.Object({ entity_id: EntityId, version: Type.Integer() }), {
      minItems: 1,
      maxItems: mostEntitiesInEvent,
    }),
  }),
} as const

export type EntitiesStored = Static<typeof EntitiesStored.data>

/**
 * A thing in an organization's directory was removed. Its own id is left out: applications may name things by an
 * address.
 */
export const EntityDeleted = {
  type: 'gatehouse.authz.entity.deleted.v1',
  data: Type.Object({
    entity_id: EntityId,
    organization_id: OrganizationId,
    type: Type.String(),
  }),
} as const

export type EntityDeleted = Static<typeof EntityDeleted.data>

export const entityEvents: readonly EventContract[] = [EntityStored, EntitiesStored, EntityDeleted]
