/**
 * Budgets per minute: one per client address for everything, a tight one where passwords are tried, one for
 * invitations, a wide one for permission checks. A refresh token has a budget of its own, and so has an account on the
 * devices it is known from. So whoever sends junk from an address uses up nothing that others behind it need to stay
 * signed in.
 */
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { parseJsonBody } from '@gatehouse/service-kit/http/json-body'
import type { RedisConnection } from '@gatehouse/service-kit/redis/connect'
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { budgetKeyOf } from './client-address.ts'
import { createLimit, type Limit } from './limits.ts'

export type Budget = 'general' | NonNullable<RouteContract['limit']>

/** Absent: no limit. */
export type Budgets = Readonly<Record<Budget | 'refreshToken' | 'failedKeys', Limit | undefined>>

/** Requests per minute; 0 means no limit. */
export type Rates = { readonly general: number; readonly credentials: number; readonly check: number }

export function createBudgets(redis: RedisConnection['redis'], rates: Rates): Budgets {
  const limit = (name: keyof Budgets, perMinute: number): Limit | undefined =>
    perMinute === 0 ? undefined : createLimit({ redis, name, perMinute })
  return {
    general: limit('general', rates.general),
    credentials: limit('credentials', rates.credentials),
    invitation: limit('invitation', rates.credentials),
    check: limit('check', rates.check),
    // Refreshing proves nothing that could be guessed: one address may do it as often as a whole office needs to, one
    // token seldom.
    refresh: limit('refresh', rates.check),
    refreshToken: limit('refreshToken', rates.credentials),
    failedKeys: limit('failedKeys', rates.credentials),
  }
}

type Limited = Pick<RouteShorthandOptions, 'onRequest' | 'preHandler'>
type LimitDeps = {
  budgets: Budgets
  addressOf: (request: FastifyRequest) => string
  /** The account whose known device asks; its budget is apart from that of its address. */
  deviceOf?: (request: FastifyRequest) => string | undefined
}

/** What a route needs among its options to draw on a budget. */
export function limitedBy(budget: Budget, { budgets, addressOf, deviceOf }: LimitDeps): Limited {
  const byAddress = budgets[budget]
  const byToken = budget === 'refresh' ? budgets.refreshToken : undefined
  return {
    ...(byAddress && {
      onRequest: (request, reply) => {
        const account = budget === 'credentials' ? deviceOf?.(request) : undefined
        const key = account === undefined ? budgetKeyOf(addressOf(request)) : `device ${account}`
        return take(byAddress, key, reply)
      },
    }),
    ...(byToken && {
      preHandler: async (request, reply) => {
        const key = refreshTokenKeyOf(request.body)
        if (key !== undefined) await take(byToken, key, reply)
      },
    }),
  }
}

/** @throws AppError `rate_limited` */
async function take(limit: Limit, key: string, reply: FastifyReply): Promise<void> {
  const allowance = await limit.take(key)
  void reply.headers({
    'ratelimit-limit': allowance.limit,
    'ratelimit-remaining': allowance.remaining,
    'ratelimit-reset': allowance.resetSeconds,
  })
  if (allowance.isUsedUp) throw problem('rate_limited', { retryAfterSeconds: allowance.resetSeconds })
}

/** The hash of the token that is presented; undefined where the service will say what is wrong with the body. */
function refreshTokenKeyOf(body: unknown): string | undefined {
  try {
    const parsed = Buffer.isBuffer(body) ? parseJsonBody(body) : undefined
    const token = (parsed as { refresh_token?: unknown } | null | undefined)?.refresh_token
    return typeof token === 'string' ? hashSecret(token).toString('base64url') : undefined
  } catch {
    return undefined
  }
}
