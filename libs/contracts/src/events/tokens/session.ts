/** Sessions of people. */
import Type, { type Static } from 'typebox'
import { ClientIdentifier, SessionId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** A person signed in. */
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

/** The person of a session authenticated again: `amr` is all that the session has been authenticated by. */
export const SessionRaised = {
  type: 'gatehouse.tokens.session.raised.v1',
  data: Type.Object({
    session_id: SessionId,
    user_id: UserId,
    amr: Type.Array(Type.String()),
  }),
} as const

export type SessionRaised = Static<typeof SessionRaised.data>

/** A session is over: each of its access tokens is void from this event on. */
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
      Type.Literal('password_changed'),
      Type.Literal('expired'),
    ]),
    min_sv: Type.Integer(),
    /** The client that had the session within somebody's sign-in; absent for the sign-in itself. */
    client_id: Type.Optional(ClientIdentifier),
  }),
} as const

export type SessionEnded = Static<typeof SessionEnded.data>

export const sessionEvents: readonly EventContract[] = [SessionStarted, SessionRaised, SessionEnded]
