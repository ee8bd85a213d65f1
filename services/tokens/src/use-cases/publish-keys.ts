/** The key set verifiers use. It comes from memory, so it is served while the database is away. */
import type { Deps } from '../deps.ts'

export const publishKeys = (deps: Pick<Deps, 'keyRing' | 'clock'>): { keys: Record<string, unknown>[] } => ({
  keys: deps.keyRing.jwks(deps.clock.now()).keys.map((key) => ({ ...key })),
})
