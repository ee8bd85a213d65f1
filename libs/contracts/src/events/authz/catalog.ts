/** The catalog of permissions, resource types and attributes. */
import Type, { type Static } from 'typebox'
import { Key } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** An application's resource types, permissions, platform roles or platform policies changed. */
export const CatalogChanged = {
  type: 'gatehouse.authz.catalog.changed.v1',
  data: Type.Object({
    application: Key,
  }),
} as const

export type CatalogChanged = Static<typeof CatalogChanged.data>

export const catalogEvents: readonly EventContract[] = [CatalogChanged]
