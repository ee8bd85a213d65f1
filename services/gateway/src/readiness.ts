/**
 * Ready means: void tokens can be told from good ones. Without floors or keys the gateway takes no traffic; later
 * trouble is answered per request.
 */
import { check, type ReadyCheck } from '@gatehouse/service-kit/health/checks'
import type { Deps } from './deps.ts'

export async function readiness({
  floors,
  jwks,
  nats,
  redis,
}: Pick<Deps, 'floors' | 'jwks' | 'nats' | 'redis'>): Promise<ReadyCheck[]> {
  const keys = await check('signing keys', () => (jwks.current() === undefined ? jwks.refresh() : undefined))
  return [...floors.checks(), keys, nats.check(), redis.check()]
}
