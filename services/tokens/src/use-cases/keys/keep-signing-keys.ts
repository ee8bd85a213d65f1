/**
 * Keeps a signing key ready: made at the first start, and again a day before the last one stops. Replicas that start together make one,
 * because the decision is taken under a lock. Then fills this process' key ring from the table. What a restored backup brought back ends before that.
 */
import { SigningKeyCreated } from '@gatehouse/contracts/events/tokens/signing-key'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { makeSigningKey, type StoredSigningKey } from '../../crypto/key-ring.ts'
import { nextSigningKey, type SigningAlg, signingAlgs } from '../../domain/signing-key-plan.ts'
import { insertSigningKey, listSigningKeys, lockSigningKeys } from '../../store/signing-keys.ts'
import { endWhatWasRestored } from '../sessions/end-what-was-restored.ts'

type KeyDeps = Pick<Deps, 'spine' | 'system' | 'keyRing' | 'envelope'>

export async function keepSigningKeys(deps: KeyDeps): Promise<void> {
  await endWhatWasRestored(deps)
  const { keys, now } = await listSigningKeys(deps.system)
  for (const alg of signingAlgs) if (nextSigningKey(ofAlg(keys, alg), now) !== undefined) await makeDueKey(deps, alg)
  await loadKeyRing(deps)
}

const ofAlg = (keys: readonly StoredSigningKey[], alg: SigningAlg): StoredSigningKey[] =>
  keys.filter((key) => key.alg === alg)

/** Makes the ring what the table says; a key voided elsewhere stops signing here. */
export async function loadKeyRing(deps: Pick<Deps, 'system' | 'keyRing'>): Promise<void> {
  deps.keyRing.fill((await listSigningKeys(deps.system)).keys)
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
      await insertSigningKey(tx, { id: kid, ...made, ...span })
      await appendEvent(tx, {
        contract: SigningKeyCreated,
        aggregateType: 'signing_key',
        aggregateId: kid,
        version: 1,
        actor: 'service:tokens',
        data: { kid },
      })
    },
    { db: 'system' },
  )
}
