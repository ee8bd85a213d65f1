/**
 * Refresh token families. An exchange is not announced: it changes nobody's rights, and the family itself tells of it.
 */
import Type, { type Static } from 'typebox'
import { SessionId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/**
 * An exchanged refresh token was presented again within its grace, from another network or another kind of device. It
 * was answered, as a phone that changes networks must be; when it happens to every exchange, two hold the family, and
 * it is revoked.
 */
export const FamilyRepeatedElsewhere = {
  type: 'gatehouse.tokens.family.repeated_elsewhere.v1',
  data: Type.Object({
    family_id: Type.String(),
    session_id: SessionId,
    user_id: UserId,
    exchanges_in_a_row: Type.Integer(),
  }),
} as const

export type FamilyRepeatedElsewhere = Static<typeof FamilyRepeatedElsewhere.data>

/**
 * A refresh token came back after its successor was in use: the family is dead and somebody should look (RFC 9700
 * §4.14.2).
 */
export const FamilyRevoked = {
  type: 'gatehouse.tokens.family.revoked.v1',
  data: Type.Object({
    family_id: Type.String(),
    session_id: SessionId,
    user_id: UserId,
    reason: Type.Union([Type.Literal('reuse_detected'), Type.Literal('session_ended')]),
  }),
} as const

export type FamilyRevoked = Static<typeof FamilyRevoked.data>

export const familyEvents: readonly EventContract[] = [FamilyRepeatedElsewhere, FamilyRevoked]
