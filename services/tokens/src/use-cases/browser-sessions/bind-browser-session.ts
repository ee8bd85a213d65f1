/**
 * Binds the session of a sign-in to the browser it happened in. The browser gets a new secret each time, so a value
 * that somebody planted or saw before is of no use afterwards (session fixation), and no refresh token: that of the
 * sign-in is void from here on. Where the same person signed in anew, the session of the browser goes on as one
 * authenticated just now, because clients hold sessions in it; somebody else's session ends.
 */
import { accessTokenAudience, type PersonClaims } from '@gatehouse/contracts/claims/access-token'
import { SessionRaised } from '@gatehouse/contracts/events/tokens/session'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { bindBrowser, type BrowserSession } from '../../store/browser-sessions.ts'
import { closeFamiliesOf } from '../../store/refresh-tokens.ts'
import { closeSession } from '../../store/session-ends.ts'
import { isLiveAt, lockSessionNow, renewAuthentication, type Session } from '../../store/sessions.ts'
import { announceSessionEnd } from '../sessions/announce-session-end.ts'
import { endSession } from '../sessions/end-session.ts'
import { type Polled, readStanding, rowsIn, type Unsure, untilSure } from '../sessions/read-standing.ts'
import { browserSessionOf, browserSessionPrefix } from './browser-cookie.ts'

type BindDeps = Pick<Deps, 'spine' | 'system' | 'following' | 'clients' | 'keyRing' | 'issuer' | 'clock'>
type Bound = { cookie_value: string; session_id: string; user_id: string; expires_at: string }
type Outcome = { kind: 'bound'; session: Session } | { kind: 'refused'; because: string }

/** @throws AppError `unauthenticated`, `not_current` */
export async function bindBrowserSession(
  deps: BindDeps,
  o: { accessToken: string; previousCookie: string | undefined },
): Promise<Bound> {
  const claims = personIn(deps, o.accessToken)
  const before = await browserSessionOf(deps, o.previousCookie)
  const { secret, hash } = mintSecret(browserSessionPrefix)
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write({ userId: claims.sub }, (tx) => bind(deps, tx, { claims, before, hash, polled }), {
      announce: 'await',
    }),
  )
  if (outcome.kind === 'refused') throw problem('unauthenticated', { internal: outcome.because })
  if (before !== undefined && before.userId !== claims.sub)
    await endSession(deps, before, { sessionId: before.sessionId, reason: 'logout' })
  const { session } = outcome
  return {
    cookie_value: secret,
    session_id: session.id,
    user_id: session.userId,
    expires_at: session.expiresAt.toISOString(),
  }
}

/**
 * The claims of a person's access token of Gatehouse's own audience, by its signature and times. @throws AppError
 * `unauthenticated`
 */
function personIn({ keyRing, issuer, clock }: BindDeps, token: string): PersonClaims {
  const now = clock.now()
  const claims = keyRing.readJwt(token, { typ: 'at+jwt', now }) as PersonClaims | undefined
  const isTheirs =
    claims !== undefined &&
    claims.iss === issuer &&
    claims.aud === accessTokenAudience &&
    claims.sub.startsWith('user_') &&
    claims.exp * 1000 > now.getTime()
  if (!isTheirs) throw problem('unauthenticated', { internal: 'not an access token of a person, or expired' })
  return claims
}

type Binding = {
  claims: PersonClaims
  before: BrowserSession | undefined
  hash: Buffer
  polled: Polled
}

async function bind(deps: BindDeps, tx: Tx, o: Binding): Promise<Outcome | Unsure> {
  const { claims, before, polled } = o
  // The session that the browser had is the older one, and sessions are locked in the order of their ids.
  const had = before !== undefined && before.userId === claims.sub && before.sessionId !== claims.sid
  const previous = had ? await lockSessionNow(tx, before.sessionId) : undefined
  const signedIn = await lockSessionNow(tx, claims.sid)
  if (signedIn === undefined || !isLiveAt(signedIn.session, signedIn.now) || signedIn.session.parentId !== null)
    return { kind: 'refused', because: 'the session is over or a client’s' }
  if (claims.sv < signedIn.session.minVersion) return { kind: 'refused', because: 'below the floor of the session' }
  const standing = await readStanding(deps, rowsIn(tx, claims.sub), {
    userId: claims.sub,
    sessionUserVersion: signedIn.session.userVersion,
    session: { amr: signedIn.session.amr, from: 'elsewhere' },
    ask: { kind: 'none' },
    lastOrganizationId: undefined,
    at: 'refresh',
    polled,
  })
  if (standing.kind === 'unsure') return standing
  if (standing.kind !== 'known') return { kind: 'refused', because: standing.kind }
  const goesOn =
    previous !== undefined &&
    isLiveAt(previous.session, previous.now) &&
    previous.session.userVersion >= signedIn.session.userVersion
  const session = goesOn
    ? await renew(tx, { previous: previous.session, signedIn: signedIn.session })
    : signedIn.session
  if (previous !== undefined && !goesOn) await close(tx, previous.session)
  await closeFamiliesOf(tx, session.id)
  await bindBrowser(tx, { id: newId('brs'), hash: o.hash, sessionId: session.id, userId: session.userId })
  return { kind: 'bound', session }
}

/** The session of the browser as the new sign-in authenticated it; the session that sign-in made has served. */
async function renew(tx: Tx, { previous, signedIn }: { previous: Session; signedIn: Session }): Promise<Session> {
  const { amr, authTime } = signedIn
  const session = await renewAuthentication(tx, { id: previous.id, amr, authTime })
  await appendEvent(tx, {
    contract: SessionRaised,
    aggregateType: 'session',
    aggregateId: session.id,
    version: session.version,
    userId: session.userId,
    actor: `user:${session.userId}`,
    data: { session_id: session.id, user_id: session.userId, amr: session.amr },
  })
  await close(tx, signedIn)
  return session
}

async function close(tx: Tx, { id, userId }: Session): Promise<void> {
  const ended = await closeSession(tx, id, 'logout')
  if (ended) await announceSessionEnd(tx, { session: ended, reason: 'logout', actor: `user:${userId}` })
}
