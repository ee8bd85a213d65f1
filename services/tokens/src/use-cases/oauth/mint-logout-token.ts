/**
 * A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4): the client's session is over, whatever ended it. Each
 * attempt gets one of its own, as each lives for two minutes.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { epochSeconds } from '../../domain/access-claims.ts'
import { findLogoutNotice } from '../../store/child-sessions.ts'

/** §2.4 asks for at most two minutes. */
const lifetimeSeconds = 120
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

type Logout = { client_id: string; uri: string; logout_token: string }

/** @throws AppError `unavailable` when no key may sign */
export async function mintLogoutToken(
  { system, keyRing, clock, issuer }: Pick<Deps, 'system' | 'keyRing' | 'clock' | 'issuer'>,
  sessionId: string,
): Promise<{ logout: Logout | null }> {
  const notice = await findLogoutNotice(system, sessionId)
  if (notice === undefined) return { logout: null }
  const now = clock.now()
  const claims = {
    iss: issuer,
    sub: notice.userId,
    aud: notice.clientId,
    iat: epochSeconds(now),
    exp: epochSeconds(now) + lifetimeSeconds,
    jti: newId('jti'),
    sid: notice.id,
    events: { [logoutEvent]: {} },
  }
  const token = keyRing.signJwt({ typ: 'logout+jwt', alg: notice.idTokenAlg, claims, now })
  return { logout: { client_id: notice.clientId, uri: notice.uri, logout_token: token } }
}
