/**
 * Proof of possession (RFC 9449): who sends a proof gets tokens that are worth nothing without the key. A proof is for
 * one request, is made with a nonce of ours, and works once.
 */
import { oauthError, type OAuthError } from '@gatehouse/service-kit/errors/oauth-error'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { isNonceGood, makeNonce } from '../../crypto/dpop-nonce.ts'
import { proofAlgs, readProof } from '../../crypto/dpop-proof.ts'
import type { Deps } from '../../deps.ts'
import { judgeProof, proofSeconds } from '../../domain/oauth/dpop-proof.ts'
import { mayUseAlg } from '../../domain/oauth/security-profile.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { claimAssertion } from '../../store/used-assertions.ts'

type ProofDeps = Pick<Deps, 'system' | 'issuer' | 'clock' | 'envelope'>
/** A key whose holder asks now. */
export type Possession = { jkt: string; jti: string; alg: string }
type Asked = {
  proof: string | undefined
  method: string
  path: string
  /** At a resource. */
  ath?: string
}

/** Undefined where no proof was sent. @throws OAuthError `invalid_dpop_proof`, `use_dpop_nonce` */
export function possessionOf(deps: ProofDeps, asked: Asked): Possession | undefined {
  if (asked.proof === undefined) return undefined
  const isAtResource = asked.ath !== undefined
  const now = deps.clock.now()
  const read = readProof(asked.proof)
  if (read === undefined) throw badProof(deps, { internal: 'no proof', isAtResource })
  const judged = judgeProof(read.claims, {
    method: asked.method,
    url: deps.issuer + asked.path,
    now: now.getTime() / 1000,
    ath: asked.ath,
  })
  if (judged.kind === 'bad') throw badProof(deps, { internal: judged.because, isAtResource })
  if (judged.nonce === undefined || !isNonceGood(deps.envelope, judged.nonce, now))
    throw nonceNeeded(deps, isAtResource)
  return { jkt: read.jkt, jti: judged.jti, alg: read.alg }
}

/**
 * Uses the proof of a client. @throws OAuthError `invalid_dpop_proof` the second time, and for a signature that its
 * profile leaves out
 */
export async function claimPossessionOf(
  deps: ProofDeps,
  { client, possession }: { client: Pick<OAuthClient, 'id' | 'securityProfile'>; possession: Possession },
): Promise<void> {
  if (!mayUseAlg(client, possession.alg)) throw badProof(deps, { internal: possession.alg, isAtResource: false })
  await claimPossession(deps, { possession, clientId: client.id })
}

/** Uses the proof. @throws OAuthError `invalid_dpop_proof` the second time */
export async function claimPossession(
  deps: ProofDeps,
  o: { possession: Possession; clientId: string; isAtResource?: boolean },
): Promise<void> {
  const { jkt, jti } = o.possession
  const expiresAt = new Date(deps.clock.now().getTime() + 2 * proofSeconds * 1000)
  const isFirst = await claimAssertion(deps.system, {
    clientId: o.clientId,
    hash: hashSecret(`dpop ${jkt} ${jti}`),
    expiresAt,
  })
  if (!isFirst) throw badProof(deps, { internal: 'used before', isAtResource: o.isAtResource === true })
}

/** The nonce for the next proof. */
export const nonceHeader = (deps: Pick<Deps, 'envelope' | 'clock'>): { 'dpop-nonce': string } => ({
  'dpop-nonce': makeNonce(deps.envelope, deps.clock.now()),
})

/** RFC 9449 §7.1: what a resource asks for, in the scheme of the token. */
export const dpopChallenge = (error?: string): string =>
  `DPoP realm="gatehouse", ${error === undefined ? '' : `error="${error}", `}algs="${proofAlgs.join(' ')}"`

export const badProof = (deps: ProofDeps, o: { internal: string; isAtResource: boolean }): OAuthError =>
  refusal(deps, {
    ...o,
    code: 'invalid_dpop_proof',
    description: 'The DPoP proof is missing, not valid, or was used before.',
  })

const nonceNeeded = (deps: ProofDeps, isAtResource: boolean): OAuthError =>
  refusal(deps, { code: 'use_dpop_nonce', description: 'Make the proof with the nonce of this answer.', isAtResource })

function refusal(
  deps: ProofDeps,
  o: { code: 'invalid_dpop_proof' | 'use_dpop_nonce'; description: string; internal?: string; isAtResource: boolean },
): OAuthError {
  const { code, description, internal } = o
  const rest = { description, internal, headers: nonceHeader(deps) }
  return oauthError(code, o.isAtResource ? { ...rest, status: 401, challenge: dpopChallenge(code) } : rest)
}
