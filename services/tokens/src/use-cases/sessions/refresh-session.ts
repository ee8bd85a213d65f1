/**
 * Exchanges a refresh token. One database statement decides who does it; who comes second within the grace gets the
 * winner's successor, and whoever brings an exchanged token back any other way ends the family and the session. The
 * usual case, a token that is unused, is decided from one look without locks and settled by that statement, which
 * checks under the lock of the session that what was seen still holds. Everything else, and whoever loses, is decided
 * under the lock. A rotation is counted, not announced: it is nobody's news.
 */
import { FamilyRepeatedElsewhere } from '@gatehouse/contracts/events/tokens/family'
import type { Authenticated } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { nameDevice } from '@gatehouse/service-kit/http/name-device'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed, mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { openSuccessor, sealSuccessor } from '../../crypto/successor-seal.ts'
import type { Deps } from '../../deps.ts'
import { idleSecondsIn, type OrganizationAsk } from '../../domain/choose-organization.ts'
import { networkOf, type Presenter } from '../../domain/presenter.ts'
import { decideRefresh, nextIdleExpiry } from '../../domain/token-family.ts'
import * as tokens from '../../store/refresh-tokens.ts'
import { lockSession, type Session, touchSession } from '../../store/sessions.ts'
import { endExpired, revokeFamily } from './end-family.ts'
import { mintTokens } from './mint-tokens.ts'
import {
  nothingPolled,
  type Polled,
  readStanding,
  refusedEntry,
  rowsIn,
  type Standing,
  type StandingRows,
  type Unsure,
  untilSure,
} from './read-standing.ts'
import { refreshTokenPrefix } from './start-session.ts'

export type Refresh = {
  presented: string
  clientId: string
  ask: OrganizationAsk
  clientAddress: string | undefined
  userAgent: string | undefined
  /** How long the request has waited here, so that our own queues use up nobody's grace. */
  waitedMs: () => number
}

const refreshes = counter('tokens_refresh_total', 'Presented refresh tokens by what came of them')

type Owner = { id: string; sessionId: string; userId: string }
type Outcome =
  | { kind: 'refreshed'; answer: Authenticated }
  | { kind: 'refused' | 'revoked'; because: string }
  | Exclude<Standing, { kind: 'known' }>
type RefreshDeps = Pick<Deps, 'spine' | 'db' | 'system' | 'following' | 'clients' | 'keyRing' | 'issuer'>

/**
 * @throws AppError `invalid_refresh_token`, `not_found` (no member of the named organization) and
 * `insufficient_user_authentication` (it requires a second factor): nothing was exchanged; `not_current`
 */
export async function refreshSession(deps: RefreshDeps, refresh: Refresh): Promise<Authenticated> {
  const seen = isWellFormed(refreshTokenPrefix, refresh.presented)
    ? await tokens.findPresented(deps.system, {
        hash: hashSecret(refresh.presented),
        organizationId: refresh.ask.kind === 'named' ? refresh.ask.organizationId : undefined,
      })
    : undefined
  if (seen === undefined) {
    refreshes.add(1, { outcome: 'unknown' })
    throw problem('invalid_refresh_token', { internal: 'unknown token' })
  }
  const answer = await exchangeUnused(deps, refresh, seen)
  if (answer !== undefined) {
    refreshes.add(1, { outcome: 'refreshed' })
    return answer
  }
  const owner = { id: seen.token.id, sessionId: seen.session.id, userId: seen.session.userId }
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write({ userId: owner.userId }, (tx) => decideAndExchange(deps, tx, { refresh, owner, polled })),
  )
  refreshes.add(1, { outcome: outcome.kind })
  // Only a revocation has something to announce that somebody waits for.
  if (outcome.kind === 'revoked') await deps.spine.write({}, async () => {}, { announce: 'await' })
  switch (outcome.kind) {
    case 'refreshed':
      return outcome.answer
    case 'not_a_member':
      throw problem('not_found')
    case 'step_up':
    case 'not_admitted':
      throw refusedEntry(outcome)
    case 'user_unknown':
      throw problem('not_current', { internal: 'the user has not arrived from identity', retryAfterSeconds: 1 })
    case 'user_disabled':
    case 'session_outdated':
      throw problem('invalid_refresh_token', { internal: outcome.kind })
    case 'refused':
    case 'revoked':
      throw problem('invalid_refresh_token', { internal: outcome.because })
  }
}

/**
 * The answer for a token that is unused and stays so until this statement; undefined where more than one look is
 * needed.
 */
async function exchangeUnused(
  deps: RefreshDeps,
  refresh: Refresh,
  seen: tokens.Presented,
): Promise<Authenticated | undefined> {
  const { session, user, membership } = seen
  if (decideRefresh(factsOf(refresh, session, seen)).kind !== 'rotate') return undefined
  const rows: StandingRows = {
    user: async () => user ?? undefined,
    membership: async (organizationId) => (membership?.organizationId === organizationId ? membership : undefined),
    someMemberships: async () => [],
    isParked: async () => false,
  }
  const standing = await readStanding(deps, rows, questionOf({ refresh, session, now: seen.now }, nothingPolled))
  if (standing.kind !== 'known') return undefined
  const refreshToken = await rotate(deps.db, { refresh, session, known: seen, standing })
  return refreshToken === undefined ? undefined : answerWith(deps, { session, known: seen, standing, refreshToken })
}

/** A client refreshes on its own server, so an address says nothing about the person of its session. */
const questionOf = ({ refresh, session, now }: { refresh: Refresh; session: Session; now: Date }, polled: Polled) => ({
  userId: session.userId,
  sessionUserVersion: session.userVersion,
  session: {
    amr: session.amr,
    age: { authTime: session.authTime, lastSeenAt: session.lastSeenAt, now },
    from: session.parentId === null ? { address: refresh.clientAddress } : ('elsewhere' as const),
  },
  ask: refresh.ask,
  lastOrganizationId: session.lastOrganizationId ?? undefined,
  at: 'refresh' as const,
  polled,
})

type Known = Extract<Standing, { kind: 'known' }>

const answerWith = (
  deps: RefreshDeps,
  o: { session: Session; known: tokens.TokenInFamily; standing: Known; refreshToken: string },
): Authenticated => {
  const { session, known, standing, refreshToken } = o
  const { client, now } = known
  return mintTokens(deps, { session, client, now, refreshToken, ...standing })
}

type Presentation = { refresh: Refresh; owner: Owner; polled: Polled }

/**
 * Everything that follows from one presentation, under the lock of the session. What it decides must commit, so it
 * throws nothing but "not now".
 */
async function decideAndExchange(deps: RefreshDeps, tx: Tx, o: Presentation): Promise<Outcome | Unsure> {
  const { refresh, owner } = o
  const session = await lockSession(tx, owner.sessionId)
  if (session === undefined) return { kind: 'refused', because: 'no session' }
  const known = await tokens.getTokenInFamily(tx, owner.id)
  const decision = decideRefresh(factsOf(refresh, session, known))
  switch (decision.kind) {
    case 'refuse':
      return { kind: 'refused', because: decision.because }
    case 'reuse':
      await revokeFamily(tx, { familyId: known.token.familyId, session })
      return { kind: 'revoked', because: `reuse: ${decision.because}` }
    case 'expired':
      await endExpired(tx, session)
      return { kind: 'revoked', because: 'expired' }
    case 'repeat':
      return await exchange(deps, tx, { ...o, session, known, repeat: decision })
    case 'rotate':
      return await exchange(deps, tx, { ...o, session, known, repeat: undefined })
  }
}

function factsOf(refresh: Refresh, session: Session, known: tokens.TokenInFamily) {
  const { token, successorUsedAt, family, now } = known
  return {
    clientId: refresh.clientId,
    presenter: presenterOf(refresh),
    presentedAt: new Date(now.getTime() - refresh.waitedMs()),
    token: {
      clientId: token.clientId,
      usedAt: token.usedAt ?? undefined,
      repeatUntil: token.repeatUntil ?? undefined,
      usedBy:
        token.usedNetwork === null || token.usedDevice === null
          ? undefined
          : { network: token.usedNetwork, device: token.usedDevice },
      repeatsElsewhere: token.repeatsElsewhere,
    },
    successor:
      token.successorId === null
        ? undefined
        : { usedAt: successorUsedAt ?? undefined, isSealed: token.successorSealed !== null },
    family,
    session,
  }
}

export const presenterOf = ({ clientAddress, userAgent }: Pick<Refresh, 'clientAddress' | 'userAgent'>): Presenter => ({
  network: networkOf(clientAddress),
  device: nameDevice(userAgent),
})

/** The organization is settled before anything is written: a refusal here leaves the token as it was. */
async function exchange(
  deps: RefreshDeps,
  tx: Tx,
  o: Presentation & { session: Session; known: tokens.TokenInFamily; repeat: { elsewhere: boolean } | undefined },
): Promise<Outcome | Unsure> {
  const { refresh, session, known, polled } = o
  const standing = await readStanding(
    deps,
    rowsIn(tx, session.userId),
    questionOf({ refresh, session, now: known.now }, polled),
  )
  if (standing.kind !== 'known') return standing
  if (o.repeat?.elsewhere) await noteRepeatElsewhere(tx, known.token)
  const refreshToken = o.repeat
    ? await repeat(tx, { refresh, session, known, standing })
    : await rotate(tx, { refresh, session, known, standing })
  if (refreshToken === undefined)
    throw problem('unavailable', { internal: 'lost a race under the lock of the session', retryAfterSeconds: 1 })
  return { kind: 'refreshed', answer: answerWith(deps, { session, known, standing, refreshToken }) }
}

/** What a second holder of a token leaves behind: a count, and for each exchange one event with where it came from. */
async function noteRepeatElsewhere(tx: Tx, token: tokens.RefreshToken): Promise<void> {
  const { id: tokenId, familyId, sessionId, userId } = token
  refreshes.add(1, { outcome: 'repeated_elsewhere' })
  if ((await tokens.countRepeatElsewhere(tx, tokenId)) > 1) return
  const { version, sharedExchanges } = await tokens.countSharedExchange(tx, { familyId, tokenId })
  await appendEvent(tx, {
    contract: FamilyRepeatedElsewhere,
    aggregateType: 'family',
    aggregateId: familyId,
    version,
    userId,
    actor: `user:${userId}`,
    data: { family_id: familyId, session_id: sessionId, user_id: userId, exchanges_in_a_row: sharedExchanges },
  })
}

type Exchanging = { refresh: Refresh; session: Session; known: tokens.TokenInFamily; standing: Known }

/** What an exchange and its repeat note about the session. */
const useOf = ({ refresh, session, known, standing }: Exchanging) => ({
  idleExpiresAt: nextIdleExpiry({
    now: known.now,
    idleTtlSeconds: idleSecondsIn(standing.membership, known.client.idleTtlSeconds),
    expiresAt: session.expiresAt,
  }),
  clientAddress: refresh.clientAddress,
  // Losing a membership does not make somebody forget where they worked; only choosing does.
  organizationId:
    standing.membership?.organizationId ?? (refresh.ask.kind === 'none' ? null : session.lastOrganizationId),
})

/** The successor that the presented token was exchanged for; undefined when its copy is gone. */
async function repeat(tx: Tx, o: Exchanging): Promise<string | undefined> {
  const { id, successorSealed } = o.known.token
  if (successorSealed === null) return undefined
  const successor = openSuccessor({ presented: o.refresh.presented, tokenId: id, sealed: successorSealed })
  await touchSession(tx, { id: o.session.id, ...useOf(o) })
  return successor
}

/** Makes the successor; undefined when somebody else already has, or what was seen no longer holds. */
async function rotate(db: Queryable, o: Exchanging): Promise<string | undefined> {
  const { refresh, session, known, standing } = o
  const { token, client } = known
  const { secret, hash } = mintSecret(refreshTokenPrefix)
  const sealed = sealSuccessor({ presented: refresh.presented, tokenId: token.id, successor: secret })
  const won = await tokens.claimExchange(db, {
    user: { id: session.userId, version: standing.userVersion },
    session,
    tokenId: token.id,
    successor: { id: newId('rt'), hash, sealed },
    graceSeconds: client.refreshGraceSeconds,
    by: presenterOf(refresh),
    ...useOf(o),
  })
  return won ? secret : undefined
}
