/** Budgets per client address: one for everything, a tight one where passwords and secrets are tried, a wide one for permission checks. */
import fastifyRateLimit, { type FastifyRateLimitStore, type RateLimitOptions } from '@fastify/rate-limit'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { budgetKeyOf } from './client-address.ts'
import type { Counter } from './counters.ts'

export type Budget = 'general' | 'credentials' | 'check'

/** Requests per minute; 0 means no limit. */
export type Budgets = Readonly<Record<Budget, number>>

const windowMs = 60_000

export const budgetOf = (contract: Pick<RouteContract, 'limit'>): Budget => contract.limit ?? 'general'

export async function installRateLimits(
  app: FastifyInstance,
  deps: { counter: Counter; addressOf: (request: FastifyRequest) => string },
): Promise<void> {
  const store: FastifyRateLimitStore = {
    incr(key, callback, timeWindow) {
      deps.counter.count(key, timeWindow).then(
        (counted) => callback(null, counted),
        (err: Error) => callback(err),
      )
    },
    child: () => store,
  }
  // The library makes its store with `new`; a function that returns an object is enough for that.
  const Store = function () {
    return store
  } as unknown as new () => FastifyRateLimitStore
  await app.register(fastifyRateLimit, {
    global: false,
    timeWindow: windowMs,
    store: Store,
    enableDraftSpec: true,
    keyGenerator: (request) => `${budgetKeyOf(deps.addressOf(request))}:`,
    errorResponseBuilder: (_request, { ttl }) =>
      problem('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)) }),
  })
}

/** What a route needs in its `config` to draw on a budget. */
export function limitedBy(budget: Budget, budgets: Budgets): { rateLimit?: RateLimitOptions } {
  return budgets[budget] === 0 ? {} : { rateLimit: { max: budgets[budget], groupId: budget } }
}
