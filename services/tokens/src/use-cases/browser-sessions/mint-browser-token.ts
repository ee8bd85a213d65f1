/**
 * An access token of the person of a browser, for one request of pages. It is minted under the lock of the session,
 * while what is needed is known to be current.
 */
import type { PersonClaims } from '@gatehouse/contracts/claims/access-token'
import type { BrowserToken } from '@gatehouse/contracts/http/tokens/browser-sessions'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { idleSecondsIn, type OrganizationAsk } from '../../domain/choose-organization.ts'
import { nextIdleExpiry } from '../../domain/token-family.ts'
import { type BrowserSession, isBoundTo, touchBrowser } from '../../store/browser-sessions.ts'
import { type Client, findClient } from '../../store/clients.ts'
import { isLiveAt, lockSessionNow, type Session, touchSession } from '../../store/sessions.ts'
import { mintAccessToken } from '../sessions/mint-tokens.ts'
import { claimsIn } from '../oauth/claims-in.ts'
import {
  isRefusedEntry,
  type Polled,
  readStanding,
  refusedEntry,
  rowsIn,
  type Standing,
  type Unsure,
  untilSure,
} from '../sessions/read-standing.ts'
import { browserSessionOf } from './browser-cookie.ts'

type MintDeps = Pick<Deps, 'db' | 'system' | 'following' | 'clients' | 'keyRing' | 'issuer'>
type Asked = { cookieValue: string; ask: OrganizationAsk; clientAddress: string | undefined }
type Known = Extract<Standing, { kind: 'known' }>
type Outcome = { kind: 'minted'; token: BrowserToken } | { kind: 'over' } | Exclude<Standing, Known>

/** How long a use is not written down again: a page asks for several tokens a second. */
const touchEveryMs = 60_000

/**
 * @throws AppError `unauthenticated`, `not_found` (no member of the named organization),
 * `insufficient_user_authentication` (it requires a second factor), `not_current`
 */
export async function mintBrowserToken(deps: MintDeps, asked: Asked): Promise<BrowserToken> {
  const browser = await browserSessionOf(deps, asked.cookieValue)
  if (browser === undefined) throw problem('unauthenticated', { internal: 'unknown cookie' })
  const outcome = await untilSure(deps, (polled) =>
    inScope(deps.db, { userId: browser.userId }, (tx) => mint(deps, tx, { ...asked, browser, polled })),
  )
  if (outcome.kind === 'minted') return outcome.token
  if (outcome.kind === 'not_a_member') throw problem('not_found')
  if (isRefusedEntry(outcome)) throw refusedEntry(outcome)
  throw problem('unauthenticated', { internal: outcome.kind })
}

type Minting = Asked & { browser: BrowserSession & { hash: Buffer }; polled: Polled }

async function mint(deps: MintDeps, tx: Queryable, o: Minting): Promise<Outcome | Unsure> {
  const { sessionId, userId, hash } = o.browser
  const locked = await lockSessionNow(tx, sessionId)
  if (locked === undefined || !isLiveAt(locked.session, locked.now)) return { kind: 'over' }
  if (!(await isBoundTo(tx, { sessionId, hash }))) return { kind: 'over' }
  const { session, now } = locked
  const standing = await readStanding(deps, rowsIn(tx, userId), {
    userId,
    sessionUserVersion: session.userVersion,
    session: {
      amr: session.amr,
      age: { authTime: session.authTime, lastSeenAt: session.lastSeenAt, now },
      from: { address: o.clientAddress },
    },
    ask: o.ask,
    lastOrganizationId: session.lastOrganizationId ?? undefined,
    at: 'login',
    polled: o.polled,
  })
  if (standing.kind !== 'known') return standing
  const client = await findClient(tx, session.clientId)
  if (client === undefined) return { kind: 'over' }
  await noteUse(tx, { ...o, session, client, standing, now })
  const { access_token, expires_in } = mintAccessToken(deps, { session, client, now, ...standing })
  const { auth_time, acr, amr } = claimsIn(access_token) as PersonClaims
  return {
    kind: 'minted',
    token: {
      access_token,
      expires_in,
      session_id: session.id,
      user_id: userId,
      organization_id: standing.membership?.organizationId ?? null,
      auth_time,
      acr,
      amr,
    },
  }
}

/**
 * Keeps the session from falling idle, and remembers the organization that was chosen; a token for none leaves it as it
 * is.
 */
async function noteUse(
  tx: Queryable,
  o: Asked & { session: Session; client: Client; standing: Known; now: Date },
): Promise<void> {
  const { session, client, standing, now } = o
  const chosen = standing.membership?.organizationId ?? session.lastOrganizationId
  const isNoted = now.getTime() - session.lastSeenAt.getTime() < touchEveryMs
  if (isNoted && chosen === session.lastOrganizationId) return
  await touchSession(tx, {
    id: session.id,
    idleExpiresAt: nextIdleExpiry({
      now,
      idleTtlSeconds: idleSecondsIn(standing.membership, client.idleTtlSeconds),
      expiresAt: session.expiresAt,
    }),
    clientAddress: o.clientAddress,
    organizationId: chosen,
  })
  await touchBrowser(tx, session.id)
}
