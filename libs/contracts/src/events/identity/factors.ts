/** Authentication factors of a person, all of them as one aggregate: its id is the person's. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** The person's second factors have changed. */
export const FactorsChanged = {
  type: 'gatehouse.identity.factors.changed.v1',
  data: Type.Object({
    user_id: UserId,
    change: Type.Union([
      Type.Literal('totp_added'),
      Type.Literal('totp_removed'),
      Type.Literal('recovery_codes_replaced'),
    ]),
  }),
} as const

export type FactorsChanged = Static<typeof FactorsChanged.data>

/** A recovery code stood in for a second factor. */
export const RecoveryCodeUsed = {
  type: 'gatehouse.identity.factors.recovery_code_used.v1',
  data: Type.Object({ user_id: UserId, left: Type.Integer() }),
} as const

export type RecoveryCodeUsed = Static<typeof RecoveryCodeUsed.data>

export const factorEvents: readonly EventContract[] = [FactorsChanged, RecoveryCodeUsed]
