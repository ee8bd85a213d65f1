/**
 * Tell a client that the session it had of a person is over (OpenID Connect Back-Channel Logout 1.0). Where to and with
 * which token is asked while the job runs.
 */
import Type from 'typebox'
import { SessionId } from '../common/ids.ts'

export const NotifyLogout = {
  name: 'notify-logout.v1',
  data: Type.Object({ session: SessionId }),
} as const
