/**
 * The public keys of access tokens (RFC 7517), from memory: resource servers can verify even while `tokens` is away.
 */
import { GetJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { limitedBy } from '../edge/rate-limits.ts'

export const jwksPath = GetJwks.path

/** A new key is published long before it signs; this bounds how late it shows here. */
const refreshAfterMs = 15_000

export function registerJwks(app: FastifyInstance, deps: Pick<Deps, 'jwks' | 'clock' | 'budgets' | 'addressOf'>): void {
  const { jwks, clock } = deps
  let triedAtMs = -Infinity
  app.get(jwksPath, limitedBy('general', deps), async (_request, reply) => {
    const isDue = jwks.current() === undefined || clock.monotonicMs() - triedAtMs > refreshAfterMs
    if (isDue) {
      triedAtMs = clock.monotonicMs()
      await jwks.refresh().catch(() => undefined)
    }
    const keys = jwks.current()
    if (keys === undefined) throw problem('unavailable', { internal: 'the key set was never fetched' })
    return reply.header('cache-control', 'public, max-age=60').type('application/json').send(JSON.stringify(keys))
  })
}
