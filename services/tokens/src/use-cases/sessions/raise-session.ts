/**
 * A person was authenticated anew within a session: what the session was authenticated by grows, and it was just now
 * (RFC 9470). The session keeps its refresh token and its other access tokens; the answer is one with the new claims.
 */
import { SessionRaised } from '@gatehouse/contracts/events/tokens/session'
import type { Raised } from '@gatehouse/contracts/http/identity/sign-in'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import type { OrganizationAsk } from '../../domain/choose-organization.ts'
import { findClient } from '../../store/clients.ts'
import { lockSession, raiseLiveSession } from '../../store/sessions.ts'
import { mintAccessToken } from './mint-tokens.ts'
import {
  type Polled,
  readStanding,
  refusedEntry,
  rowsIn,
  type Standing,
  type Unsure,
  untilSure,
} from './read-standing.ts'

type Raise = { sessionId: string; userId: string; amr: string[]; ask: OrganizationAsk }
type Outcome = { kind: 'raised'; answer: Raised } | { kind: 'no_session' } | Exclude<Standing, { kind: 'known' }>
type RaiseDeps = Pick<Deps, 'spine' | 'following' | 'clients' | 'keyRing' | 'issuer'>

/**
 * @throws AppError `not_found` (no live session of theirs, no member of the organization any more), `forbidden`
 * (disabled account), `insufficient_user_authentication` (the organization requires a second factor), `not_current`
 */
export async function raiseSession(deps: RaiseDeps, given: Raise): Promise<Raised> {
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write({ userId: given.userId }, (tx) => raise(deps, tx, given, polled)),
  )
  switch (outcome.kind) {
    case 'raised':
      return outcome.answer
    case 'no_session':
    case 'session_outdated':
    case 'not_a_member':
      throw problem('not_found')
    case 'step_up':
    case 'not_admitted':
      throw refusedEntry(outcome)
    case 'user_unknown':
      throw problem('not_current', { internal: 'the user has not arrived from identity', retryAfterSeconds: 1 })
    case 'user_disabled':
      throw problem('forbidden', { internal: outcome.kind })
  }
}

async function raise(
  deps: RaiseDeps,
  tx: Tx,
  { sessionId, userId, amr, ask }: Raise,
  polled: Polled,
): Promise<Outcome | Unsure> {
  const locked = await lockSession(tx, sessionId)
  if (locked === undefined) return { kind: 'no_session' }
  const standing = await readStanding(deps, rowsIn(tx, userId), {
    userId,
    sessionUserVersion: locked.userVersion,
    session: {
      amr: [...new Set([...locked.amr, ...amr])],
      from: { address: currentContext()?.clientAddress },
    },
    ask,
    lastOrganizationId: undefined,
    at: 'refresh',
    polled,
  })
  if (standing.kind !== 'known') return standing
  const session = await raiseLiveSession(tx, { id: sessionId, amr })
  const client = session && (await findClient(tx, session.clientId))
  if (session === undefined || client === undefined) return { kind: 'no_session' }
  await appendEvent(tx, {
    contract: SessionRaised,
    aggregateType: 'session',
    aggregateId: session.id,
    version: session.version,
    userId,
    actor: `user:${userId}`,
    data: { session_id: session.id, user_id: userId, amr: session.amr },
  })
  const { userVersion, membership } = standing
  const answer = mintAccessToken(deps, { session, client, userVersion, membership, now: session.authTime })
  return { kind: 'raised', answer }
}
