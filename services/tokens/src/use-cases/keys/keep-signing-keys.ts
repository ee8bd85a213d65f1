/**
 * Keeps a signing key ready: made at the first start, and again a day before the last one stops. Replicas that start together make one,
 * because the decision is taken under a lock. Then fills this process' key ring from the table. What a restored backup brought back ends before that.
 */
import { SigningKeyCreated } from '@gatehouse/contracts/events/tokens/signing-key'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { makeSigningKey } from '../../crypto/key-ring.ts'
import { nextSigningKey } from '../../domain/signing-key-plan.ts'
import { insertSigningKey, listSigningKeys, lockSigningKeys } from '../../store/signing-keys.ts'
import { endWhatWasRestored } from '../sessions/end-what-was-restored.ts'

type KeyDeps = Pick<Deps, 'spine' | 'system' | 'keyRing' | 'envelope'>

export async function keepSigningKeys(deps: KeyDeps): Promise<void> {
  await endWhatWasRestored(deps)
  const { keys, now } = await listSigningKeys(deps.system)
  if (nextSigningKey(keys, now) !== undefined) await makeDueKey(deps)
  await loadKeyRing(deps)
}

/** Makes the ring what the table says; a key voided elsewhere stops signing here. */
export async function loadKeyRing(deps: Pick<Deps, 'system' | 'keyRing'>): Promise<void> {
  deps.keyRing.fill((await listSigningKeys(deps.system)).keys)
}

async function makeDueKey(deps: KeyDeps): Promise<void> {
  await deps.spine.write(
    {},
    async (tx) => {
      await lockSigningKeys(tx)
      const { keys, now } = await listSigningKeys(tx)
      const span = nextSigningKey(keys, now)
      if (span === undefined) return
      const kid = newId('key')
      await insertSigningKey(tx, { id: kid, ...makeSigningKey(deps.envelope, kid), ...span })
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
