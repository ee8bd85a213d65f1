/**
 * Exchanges a refresh token. One database statement decides who does it; who comes second within the grace gets the winner's successor,
 * and whoever brings an exchanged token back any other way ends the family and the session.
 */
import { FamilyRepeatedElsewhere, FamilyRotated } from '@gatehouse/contracts/events/tokens/family'
import type { Authenticated } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed, mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { openSuccessor, sealSuccessor } from '../../crypto/successor-seal.ts'
import type { Deps } from '../../deps.ts'
import type { OrganizationAsk } from '../../domain/choose-organization.ts'
import { networkOf, type Presenter } from '../../domain/presenter.ts'
import { decideRefresh, nextIdleExpiry } from '../../domain/token-family.ts'
import * as tokens from '../../store/refresh-tokens.ts'
import { lockSession, type Session, touchSession } from '../../store/sessions.ts'
import { endExpired, revokeFamily } from './end-family.ts'
import { mintTokens } from './mint-tokens.ts'
import { type Neighbour, readStanding, type Standing, type Unsure, untilSure } from './read-standing.ts'
import { nameDevice } from './name-device.ts'
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
type RefreshDeps = Pick<Deps, 'spine' | 'system' | 'following' | 'keyRing' | 'issuer'>

/** @throws AppError `invalid_refresh_token`, `not_found` (no member of the named organization; nothing was exchanged), `not_current` */
export async function refreshSession(deps: RefreshDeps, refresh: Refresh): Promise<Authenticated> {
  const owner = isWellFormed(refreshTokenPrefix, refresh.presented)
    ? await tokens.findRefreshTokenByHash(deps.system, hashSecret(refresh.presented))
    : undefined
  if (owner === undefined) {
    refreshes.add(1, { outcome: 'unknown' })
    throw problem('invalid_refresh_token', { internal: 'unknown token' })
  }
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write({ userId: owner.userId }, (tx) => decideAndExchange(deps, tx, { refresh, owner, polled })),
  )
  refreshes.add(1, { outcome: outcome.kind })
  // Only a revocation waits for its announcement: a rotation is nobody's news.
  if (outcome.kind === 'revoked') await deps.spine.write({}, async () => {}, { announce: 'await' })
  switch (outcome.kind) {
    case 'refreshed':
      return outcome.answer
    case 'not_a_member':
      throw problem('not_found')
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

type Presentation = { refresh: Refresh; owner: Owner; polled: ReadonlySet<Neighbour> }

/** Everything that follows from one presentation, under the lock of the session. What it decides must commit, so it throws nothing but "not now". */
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
  const lastOrganizationId = session.lastOrganizationId ?? undefined
  const standing = await readStanding(deps, tx, {
    userId: session.userId,
    sessionUserVersion: session.userVersion,
    ask: refresh.ask,
    lastOrganizationId,
    at: 'refresh',
    polled,
  })
  if (standing.kind !== 'known') return standing
  const { membership, userVersion } = standing
  if (o.repeat?.elsewhere) await noteRepeatElsewhere(tx, known.token)
  const refreshToken = o.repeat
    ? repeated(refresh, known.token)
    : await rotate(tx, { refresh, known, organizationId: membership?.organizationId ?? null })
  if (refreshToken === undefined)
    throw problem('unavailable', { internal: 'lost a race under the lock of the session', retryAfterSeconds: 1 })
  const { client, now } = known
  await touchSession(tx, {
    id: session.id,
    idleExpiresAt: nextIdleExpiry({ now, idleTtlSeconds: client.idleTtlSeconds, expiresAt: session.expiresAt }),
    clientAddress: refresh.clientAddress,
    // Losing a membership does not make somebody forget where they worked; only choosing does.
    lastOrganizationId: membership?.organizationId ?? (refresh.ask.kind === 'none' ? null : session.lastOrganizationId),
  })
  return {
    kind: 'refreshed',
    answer: mintTokens(deps, { session, client, userVersion, membership, refreshToken, now }),
  }
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

const repeated = (refresh: Refresh, token: tokens.RefreshToken): string | undefined =>
  token.successorSealed === null
    ? undefined
    : openSuccessor({ presented: refresh.presented, tokenId: token.id, sealed: token.successorSealed })

/** Makes the successor; undefined when somebody else already has. */
async function rotate(
  tx: Tx,
  o: { refresh: Refresh; known: tokens.TokenInFamily; organizationId: string | null },
): Promise<string | undefined> {
  const { token, client, family } = o.known
  const { secret, hash } = mintSecret(refreshTokenPrefix)
  const successorId = newId('rt')
  const sealed = sealSuccessor({ presented: o.refresh.presented, tokenId: token.id, successor: secret })
  const won = await tokens.claimRefreshToken(tx, {
    id: token.id,
    successorId,
    sealed,
    graceSeconds: client.refreshGraceSeconds,
    by: presenterOf(o.refresh),
  })
  if (!won) return undefined
  const { familyId, sessionId, userId, clientId } = token
  await tokens.insertRefreshToken(tx, {
    id: successorId,
    familyId,
    sessionId,
    userId,
    clientId,
    hash,
    previousId: token.id,
  })
  if (token.previousId !== null) await tokens.eraseSealed(tx, token.previousId)
  await appendEvent(tx, {
    contract: FamilyRotated,
    aggregateType: 'family',
    aggregateId: familyId,
    version: await tokens.advanceFamily(tx, familyId, family.sharedTokenId !== token.previousId),
    userId,
    actor: `user:${userId}`,
    data: { family_id: familyId, session_id: sessionId, user_id: userId, organization_id: o.organizationId },
  })
  return secret
}
