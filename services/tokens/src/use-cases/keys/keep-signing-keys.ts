/**
 * Keeps a signing key ready: made at the first start, and again a day before the last one stops. Replicas that start
 * together make one, because the decision is taken under a lock. Then fills this process' key ring from the table. What
 * a restored backup brought back ends before that.
 */
import { SigningKeyCreated } from '@gatehouse/contracts/events/tokens/signing-key'
import type { Actor } from '@gatehouse/contracts/events/envelope'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { makeSigningKey, type StoredSigningKey } from '../../crypto/key-ring.ts'
import { nextSigningKey, type SigningAlg, signingAlgs } from '../../domain/signing-key-plan.ts'
import { insertSigningKey, listSigningKeys, lockSigningKeys } from '../../store/signing-keys.ts'
import { endWhatWasRestored } from '../sessions/end-what-was-restored.ts'

export type KeyDeps = Pick<Deps, 'spine' | 'system' | 'keyRing' | 'envelope' | 'jwks' | 'clock'>

export async function keepSigningKeys(deps: KeyDeps): Promise<void> {
  await endWhatWasRestored(deps)
  const { keys, now } = await listSigningKeys(deps.system)
  for (const alg of signingAlgs) if (nextSigningKey(ofAlg(keys, alg), now) !== undefined) await makeDueKey(deps, alg)
  await loadKeyRing(deps)
}

export const ofAlg = (keys: readonly StoredSigningKey[], alg: SigningAlg): StoredSigningKey[] =>
  keys.filter((key) => key.alg === alg)

/**
 * Makes the ring what the table says; a key voided elsewhere stops signing here. Tokens of a new key are believed here
 * at once, those of a voided one no more.
 */
export async function loadKeyRing(deps: Pick<Deps, 'system' | 'keyRing' | 'jwks' | 'clock'>): Promise<void> {
  deps.keyRing.fill((await listSigningKeys(deps.system)).keys)
  const published = deps.keyRing.jwks(deps.clock.now()).keys.map(({ kid }) => kid)
  const believed = deps.jwks.current()?.keys.map(({ kid }) => kid) ?? []
  if (published.join() !== believed.join()) await deps.jwks.refresh()
}

/** The key is made before the lock is taken: nobody waits for prime numbers. */
async function makeDueKey(deps: KeyDeps, alg: SigningAlg): Promise<void> {
  const kid = newId('key')
  const made = await makeSigningKey(deps.envelope, { kid, alg })
  await deps.spine.write(
    {},
    async (tx) => {
      await lockSigningKeys(tx)
      const { keys, now } = await listSigningKeys(tx)
      const span = nextSigningKey(ofAlg(keys, alg), now)
      if (span === undefined) return
      await keepNewKey(tx, { id: kid, ...made, ...span }, { actor: 'service:tokens' })
    },
    { db: 'system' },
  )
}

/** Stores and announces a new key. Under the lock of the keys. */
export async function keepNewKey(
  tx: Tx,
  key: StoredSigningKey,
  { actor, reason }: { actor: Actor; reason?: string },
): Promise<void> {
  await insertSigningKey(tx, key)
  await appendEvent(tx, {
    contract: SigningKeyCreated,
    aggregateType: 'signing_key',
    aggregateId: key.id,
    version: 1,
    actor,
    data: { kid: key.id, ...(reason !== undefined && { reason }) },
  })
}
