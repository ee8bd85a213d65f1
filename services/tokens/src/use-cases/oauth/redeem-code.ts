/**
 * Exchanges an authorization code (RFC 6749 §4.1.3): in one transaction the code is locked and spent, the sign-in
 * behind it locked and looked at, and the client's session made. A code that comes back ends the session it was
 * exchanged for.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { isVerifierOf } from '../../crypto/pkce.ts'
import type { Deps } from '../../deps.ts'
import { audienceOf } from '../../domain/oauth/client-tokens.ts'
import { decideRedemption } from '../../domain/oauth/redemption.ts'
import { invalidTarget, resourcesIn } from '../../domain/oauth/resource-indicators.ts'
import { findClient } from '../../store/clients.ts'
import { claimCode, type Code, findCodeByHash, lockCode } from '../../store/oauth-authorizations.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { closeSession } from '../../store/session-ends.ts'
import { isLiveAt, lockSession, type Session } from '../../store/sessions.ts'
import { announceSessionEnd } from '../sessions/announce-session-end.ts'
import { type Polled, type Unsure, untilSure } from '../sessions/read-standing.ts'
import { codePrefix } from './issue-code.ts'
import { boundKeyOf } from './bound-key.ts'
import { type ChildSession, openChildSession } from './open-child-session.ts'
import { requireGrant } from './require-grant.ts'
import { standingFor } from './standing-for.ts'
import { clientTokens, type TokenAnswer } from './token-answer.ts'

export type RedeemDeps = Pick<Deps, 'spine' | 'system' | 'following' | 'keyRing' | 'issuer' | 'clients' | 'log'>
type Redemption = {
  client: OAuthClient
  parameters: Parameters
  clientAddress: string | undefined
  /** The key the client proved to hold. */
  jkt: string | undefined
}
type Outcome =
  | { kind: 'redeemed'; child: ChildSession; code: Code; audience: string[] }
  | { kind: 'refused' | 'replayed' | 'other_target'; because: string }

const redemptions = counter('tokens_code_redemption_total', 'Presented authorization codes by what came of them')

/** @throws OAuthError `invalid_request`, `invalid_grant`; AppError `not_current`, `unavailable` */
export async function redeemCode(deps: RedeemDeps, redemption: Redemption): Promise<TokenAnswer> {
  const { client, parameters } = redemption
  requireGrant(client, 'authorization_code')
  const presented = parameters.get('code')
  if (presented === undefined) throw oauthError('invalid_request', { description: 'code is missing.' })
  const owner = isWellFormed(codePrefix, presented)
    ? await findCodeByHash(deps.system, hashSecret(presented))
    : undefined
  if (owner === undefined) throw invalidGrant('unknown code')
  // A code that is spent for an answer nobody can sign would be a replay when the client tries again.
  deps.keyRing.requireKeys(new Date())
  const outcome = await untilSure(deps, (polled) =>
    deps.spine.write({ userId: owner.userId }, (tx) => redeem(deps, tx, { ...redemption, codeId: owner.id, polled })),
  )
  redemptions.add(1, { outcome: outcome.kind })
  // Only what was ended waits for its announcement.
  if (outcome.kind === 'replayed') await deps.spine.write({}, async () => {}, { announce: 'await' })
  if (outcome.kind === 'other_target') throw oauthError('invalid_target', { description: invalidTarget })
  if (outcome.kind !== 'redeemed') throw invalidGrant(outcome.because)
  const { child, code, audience } = outcome
  const { scope, nonce } = code.request
  return await clientTokens(deps, {
    client,
    claims: child.claims,
    scope,
    audience,
    nonce,
    refreshToken: child.refreshToken,
    jkt: redemption.jkt,
  })
}

/** One answer for every code that is not good: what was wrong is the operator's to know. */
const invalidGrant = (internal: string) =>
  oauthError('invalid_grant', { description: 'The code is not valid, or not for this client.', internal })

async function redeem(
  deps: RedeemDeps,
  tx: Tx,
  o: Redemption & { codeId: string; polled: Polled },
): Promise<Outcome | Unsure> {
  const locked = await lockCode(tx, o.codeId)
  if (locked === undefined) return { kind: 'refused', because: 'unknown code' }
  const { code, now } = locked
  const decision = decideRedemption(factsOf(o, code, now))
  if (decision.kind === 'refuse') return { kind: 'refused', because: decision.because }
  if (decision.kind === 'replay') {
    await endWhatItGave(tx, code)
    return { kind: 'replayed', because: 'replayed code' }
  }
  const parent = await lockSession(tx, code.parentSessionId)
  if (parent === undefined || !isLiveAt(parent, now)) return { kind: 'refused', because: 'the sign-in is over' }
  const { scope, resources: allowed } = code.request
  const asked = resourcesIn(o.parameters)
  const audience = audienceOf({ issuer: deps.issuer, client: o.client, scope, allowed, asked })
  if (audience === undefined) return { kind: 'other_target', because: 'another resource' }
  return await exchange(deps, tx, { ...o, code, parent, now, audience })
}

const factsOf = ({ client, parameters, jkt }: Redemption, code: Code, now: Date) => ({
  presented: {
    clientId: client.id,
    redirectUri: parameters.get('redirect_uri'),
    isProven: isVerifierOf(code.request.codeChallenge, parameters.get('code_verifier')),
    jkt,
  },
  code: {
    clientId: code.clientId,
    redirectUri: code.request.redirectUri,
    dpopJkt: code.request.dpopJkt,
    expiresAt: code.expiresAt,
    isUsed: code.usedAt !== null,
  },
  now,
})

async function endWhatItGave(tx: Tx, code: Code): Promise<void> {
  const ended = code.sessionId === null ? undefined : await closeSession(tx, code.sessionId, 'reuse_detected')
  if (ended) await announceSessionEnd(tx, { session: ended, reason: 'reuse_detected', actor: 'system' })
}

async function exchange(
  deps: RedeemDeps,
  tx: Tx,
  o: Redemption & { code: Code; parent: Session; now: Date; polled: Polled; audience: string[] },
): Promise<Outcome | Unsure> {
  const { code, parent, now, polled } = o
  const standing = await standingFor(deps, tx, { session: parent, organizationId: code.organizationId, polled })
  if (standing.kind === 'unsure') return standing
  if (standing.kind !== 'known') return { kind: 'refused', because: standing.kind }
  const client = await findClient(tx, code.clientId)
  if (client === undefined) return { kind: 'refused', because: 'no client' }
  const { userVersion, membership } = standing
  const child = await openChildSession(deps, tx, {
    parent,
    client,
    scope: code.request.scope,
    resources: code.request.resources ?? null,
    sessionSeconds: o.client.sessionSeconds,
    userVersion,
    membership,
    clientAddress: o.clientAddress,
    now,
    jkt: boundKeyOf(o),
  })
  if (!(await claimCode(tx, { id: code.id, sessionId: child.sessionId })))
    throw new Error('A code was spent under its own lock')
  return { kind: 'redeemed', child, code, audience: o.audience }
}
