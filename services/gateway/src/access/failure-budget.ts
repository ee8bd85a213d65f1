/**
 * How many wrong API keys one address may try in a minute. Failures are counted with the other budgets, so replicas share them; who has used
 * theirs up is remembered here until the minute is over, so that a good key costs no question to anybody.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { budgetKeyOf } from '../edge/client-address.ts'
import type { Counter } from '../edge/counters.ts'

export type FailureBudget = {
  /** @throws AppError `rate_limited` when this address has failed too often */
  requireRoom(address: string): void
  note(address: string): Promise<void>
}

const windowMs = 60_000
/** Addresses kept; the oldest go first. */
const most = 50_000

/** @param deps.perMinute - 0: no limit */
export function createFailureBudget(deps: { counter: Counter; clock: Clock; perMinute: number }): FailureBudget {
  const { counter, clock, perMinute } = deps
  const usedUpUntilMs = new Map<string, number>()
  return {
    requireRoom(address) {
      const source = budgetKeyOf(address)
      const untilMs = usedUpUntilMs.get(source)
      if (untilMs === undefined) return
      const leftMs = untilMs - clock.monotonicMs()
      if (leftMs > 0) throw problem('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)) })
      usedUpUntilMs.delete(source)
    },
    async note(address) {
      if (perMinute === 0) return
      const source = budgetKeyOf(address)
      const { current, ttl } = await counter.count(`keys:${source}`, windowMs)
      if (current < perMinute) return
      if (usedUpUntilMs.size >= most) for (const oldest of usedUpUntilMs.keys()) if (usedUpUntilMs.delete(oldest)) break
      usedUpUntilMs.set(source, clock.monotonicMs() + ttl)
    },
  }
}
