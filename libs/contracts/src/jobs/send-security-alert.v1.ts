/** Tell a person that one of their refresh tokens was used twice and its session was ended (RFC 9700 §4.14.2). */
import Type from 'typebox'
import { Instant } from '../common/scalars.ts'
import { SessionId, UserId } from '../common/ids.ts'

export const SendSecurityAlert = {
  name: 'send-security-alert.v1',
  pipeline: 'security-alert',
  data: Type.Object({
    user_id: UserId,
    session_id: SessionId,
    kind: Type.Literal('refresh_token_reused'),
    /** Database time of the discovery. */
    happened_at: Instant,
  }),
} as const
