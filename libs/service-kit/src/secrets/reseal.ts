/**
 * Secrets at rest that an earlier key-encryption key sealed are sealed anew under the present one. Nothing remembers
 * how far a round came: a ciphertext names its key, so each round asks for what is left. The gauge says how much that
 * is; the earlier key may be forgotten once every kind of every service is at 0.
 */
import { createUpkeep, type Part } from '../concurrency/background.ts'
import type { Logger } from '../logging/logger.ts'
import { gauge } from '../telemetry/metrics.ts'
import type { Envelope } from './envelope.ts'

export type SealedRow = { id: string; sealed: string }

/** A kind of secret: where its ciphertexts are, and what they are bound to. */
export type SealedKind = {
  envelope: Envelope
  /** At most `limit` rows with ids after `afterId`, by id, that are sealed under another key than `keyId`. */
  list(o: { keyId: string; afterId: string | undefined; limit: number }): Promise<readonly SealedRow[]>
  purposeOf(id: string): string
  /** Puts `to` in the place of exactly what was read: a secret that changed meanwhile keeps its change. */
  replace(row: SealedRow, to: string): Promise<void>
}

/** `left`: those whose key this process does not have. */
export type Resealed = { resealed: number; left: number }

const pageRows = 200

export async function reseal({ envelope, list, purposeOf, replace }: SealedKind): Promise<Resealed> {
  const done: Resealed = { resealed: 0, left: 0 }
  for (let afterId: string | undefined; ;) {
    const page = await list({ keyId: envelope.keyId, afterId, limit: pageRows })
    for (const row of page) {
      const opened = openOrNothing(envelope, row.sealed, purposeOf(row.id))
      if (opened === undefined) {
        done.left += 1
        continue
      }
      await replace(row, envelope.seal(opened, purposeOf(row.id)))
      done.resealed += 1
    }
    afterId = page.at(-1)?.id
    if (page.length < pageRows) return done
  }
}

function openOrNothing(envelope: Envelope, sealed: string, purpose: string): Buffer | undefined {
  try {
    return envelope.open(sealed, purpose)
  } catch {
    return undefined
  }
}

/** By kind, as of the last round of this process. */
const leftByKind = new Map<string, number>()
gauge('secrets_sealed_under_another_key', 'Secrets at rest that name another key-encryption key than the present', () =>
  [...leftByKind].map(([kind, value]) => ({ value, labels: { kind } })),
)

/** A new key comes with a restart; later rounds find what replicas with the old one still made. */
const roundMs = 300_000

/** @param o.kind - the label of the gauge */
export function createResealing(o: { kind: string; log: Logger } & SealedKind): Part {
  const round = async (): Promise<void> => {
    const { resealed, left } = await reseal(o)
    leftByKind.set(o.kind, left)
    if (resealed > 0) o.log.info({ kind: o.kind, resealed, left }, 'secrets are sealed under the present key')
    if (left > 0)
      o.log.warn({ kind: o.kind, left }, 'secrets are sealed under a key-encryption key that is not configured')
  }
  return createUpkeep({ name: `resealing of ${o.kind}`, run: round, everyMs: roundMs, log: o.log })
}
