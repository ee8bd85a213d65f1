/**
 * What a presented authorization code is worth (RFC 6749 §4.1.3). Facts are read under the lock of the code, times come
 * from the database.
 */

export type RedemptionFacts = {
  presented: { clientId: string; redirectUri: string | undefined; isProven: boolean; jkt: string | undefined }
  code: { clientId: string; redirectUri: string; dpopJkt: string | undefined; expiresAt: Date; isUsed: boolean }
  now: Date
}

/**
 * - `replay`: an exchanged code came back from its own client: one of two holders is a thief, so what it was exchanged
 *   for ends (RFC 6749 §10.5).
 * - `refuse`: nothing is changed by it. A stranger with somebody's code can neither use it nor spoil it.
 */
export type RedemptionDecision = { kind: 'redeem' } | { kind: 'replay' } | { kind: 'refuse'; because: string }

export function decideRedemption({ presented, code, now }: RedemptionFacts): RedemptionDecision {
  const refuse = (because: string): RedemptionDecision => ({ kind: 'refuse', because })
  if (presented.clientId !== code.clientId) return refuse('other_client')
  if (code.isUsed) return { kind: 'replay' }
  if (code.expiresAt <= now) return refuse('expired')
  // OAuth 2.1 no longer sends it with the code; where it is sent it must be the same.
  if (presented.redirectUri !== undefined && presented.redirectUri !== code.redirectUri)
    return refuse('other_redirect_uri')
  // RFC 9449 §10: a code for a key is exchanged by its holder alone.
  if (code.dpopJkt !== undefined && presented.jkt !== code.dpopJkt) return refuse('other_key')
  return presented.isProven ? { kind: 'redeem' } : refuse('wrong_code_verifier')
}
