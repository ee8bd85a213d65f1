/** The operator's configuration named the first platform administrator. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'

export const PlatformAdminBootstrapped = {
  type: 'gatehouse.identity.platform_admin.bootstrapped.v1',
  data: Type.Object({
    user_id: UserId,
  }),
} as const

export type PlatformAdminBootstrapped = Static<typeof PlatformAdminBootstrapped.data>
