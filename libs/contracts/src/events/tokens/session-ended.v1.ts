/** A session is over: each of its access tokens is void from this event on. */
import Type, { type Static } from 'typebox'
import { SessionId, UserId } from '../../common/ids.ts'

export const SessionEnded = {
  type: 'gatehouse.tokens.session.ended.v1',
  data: Type.Object({
    session_id: SessionId,
    user_id: UserId,
    reason: Type.Union([
      Type.Literal('logout'),
      Type.Literal('revoked'),
      Type.Literal('reuse_detected'),
      Type.Literal('user_disabled'),
      Type.Literal('expired'),
    ]),
    min_sv: Type.Integer(),
  }),
} as const

export type SessionEnded = Static<typeof SessionEnded.data>
