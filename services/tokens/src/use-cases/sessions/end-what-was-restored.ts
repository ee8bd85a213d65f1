/**
 * After a backup was restored nobody can tell what had been revoked since: every session ends and every signing key is
 * void, so that no token of the lost time is believed. No event per session: a changed epoch makes every reader load
 * the snapshot. The keys are few, and their events tell the audit trail.
 */
import { SigningKeyVoided } from '@gatehouse/contracts/events/tokens/signing-key'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { claimRestoredSessionEnds } from '../../store/session-ends.ts'
import { claimAllKeyVoids, claimNewEpoch } from '../../store/signing-keys.ts'

/** Few enough to finish within a statement's time limit. */
const batch = 5000

/**
 * Does nothing while the epoch is the known one. Replicas that start together do it once: the row of the epoch is the
 * lock.
 */
export async function endWhatWasRestored(deps: Pick<Deps, 'spine'>): Promise<void> {
  await deps.spine.write(
    {},
    async (tx) => {
      if (!(await claimNewEpoch(tx))) return
      while ((await claimRestoredSessionEnds(tx, batch)).length === batch);
      for (const kid of await claimAllKeyVoids(tx)) await announceVoid(tx, kid)
    },
    { db: 'system' },
  )
}

const announceVoid = (tx: Tx, kid: string): Promise<void> =>
  appendEvent(tx, {
    contract: SigningKeyVoided,
    aggregateType: 'signing_key',
    aggregateId: kid,
    version: 2,
    actor: 'system',
    data: { kid },
  })
