/** A refresh token came back after its successor was in use: the family is dead and somebody should look (RFC 9700 §4.14.2). */
import Type, { type Static } from 'typebox'
import { SessionId, UserId } from '../../common/ids.ts'

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
