/** Authentication factors of a person, all of them as one aggregate: its id is the person's. */
import Type, { type Static } from 'typebox'
import { PasskeyId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** The person's second factors have changed; `reset`: an operator took all of them away. */
export const FactorsChanged = {
  type: 'gatehouse.identity.factors.changed.v1',
  data: Type.Object({
    user_id: UserId,
    change: Type.Union([
      Type.Literal('totp_added'),
      Type.Literal('totp_removed'),
      Type.Literal('passkey_added'),
      Type.Literal('passkey_removed'),
      Type.Literal('recovery_codes_replaced'),
      Type.Literal('reset'),
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

/** A passkey was presented whose signature counter had not moved on: the credential was copied. It was refused. */
export const PasskeyCounterRegressed = {
  type: 'gatehouse.identity.factors.passkey_counter_regressed.v1',
  data: Type.Object({ user_id: UserId, passkey_id: PasskeyId }),
} as const

export type PasskeyCounterRegressed = Static<typeof PasskeyCounterRegressed.data>

export const factorEvents: readonly EventContract[] = [FactorsChanged, RecoveryCodeUsed, PasskeyCounterRegressed]
