/** An application's resource types, permissions, platform roles or platform policies changed. */
import Type, { type Static } from 'typebox'
import { Key } from '../../common/ids.ts'

export const CatalogChanged = {
  type: 'gatehouse.authz.catalog.changed.v1',
  data: Type.Object({
    application: Key,
  }),
} as const

export type CatalogChanged = Static<typeof CatalogChanged.data>
