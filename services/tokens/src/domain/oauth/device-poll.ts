/**
 * What a device is told when it polls (RFC 8628 §3.5). Facts are read by the statement that notes the poll, times come
 * from the database.
 */

export type PollFacts = {
  decision: 'approved' | 'denied' | null
  isOver: boolean
  isUsed: boolean
  /** It came before its interval was over, which is five seconds longer from now on. */
  isTooSoon: boolean
}

/** `redeem`: the person allowed it, and however soon the device asks it has waited long enough. */
export type PollDecision =
  | 'redeem'
  | 'expired_token'
  | 'access_denied'
  | 'slow_down'
  | 'authorization_pending'
  /**
   * Exchanged before. The code never leaves the device and us, so its return ends nothing: a device that lost the
   * answer begins anew.
   */
  | 'invalid_grant'

export function decidePoll({ decision, isOver, isUsed, isTooSoon }: PollFacts): PollDecision {
  if (isUsed) return 'invalid_grant'
  if (isOver) return 'expired_token'
  if (decision === 'approved') return 'redeem'
  if (decision === 'denied') return 'access_denied'
  return isTooSoon ? 'slow_down' : 'authorization_pending'
}
