/** The key set verifiers use. It comes from memory, so it is served while the database is away. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'

/** @throws AppError `unavailable` before the first key is known: an empty set would be believed and cached */
export function publishKeys(deps: Pick<Deps, 'keyRing' | 'clock'>): { keys: Record<string, unknown>[] } {
  const { keys } = deps.keyRing.jwks(deps.clock.now())
  if (keys.length === 0) throw problem('unavailable', { internal: 'no signing key yet', retryAfterSeconds: 1 })
  return { keys: keys.map((key) => ({ ...key })) }
}
