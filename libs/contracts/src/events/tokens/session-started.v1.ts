/** A person signed in. */
import Type, { type Static } from 'typebox'
import { SessionId, UserId } from '../../common/ids.ts'

export const SessionStarted = {
  type: 'gatehouse.tokens.session.started.v1',
  data: Type.Object({
    session_id: SessionId,
    user_id: UserId,
    client_id: Type.String(),
    amr: Type.Array(Type.String()),
  }),
} as const

export type SessionStarted = Static<typeof SessionStarted.data>
