/**
 * Removes what has outlived its use: waiting sign-ins, secrets of mails, registrations nobody completed, people who
 * never proved an address, people whose erasure is due, counters that have decayed to nothing. In batches, each its own
 * transaction, until nothing is left.
 */
import { UserDeleted } from '@gatehouse/contracts/events/identity/user'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { deleteOldChanges } from '../../store/address-changes.ts'
import {
  deleteExpiredRegistrations,
  deleteExpiredResets,
  deleteExpiredSecrets,
  deleteExpiredPasskeyChallenges,
  deleteExpiredRememberedDevices,
  deleteExpiredSignIns,
  deleteUnconfirmedTotp,
  deleteUnprovenPeople,
} from '../../store/expired-rows.ts'
import { deleteDecayedCounters } from '../../store/sign-in-counters.ts'
import { resetMailMaxAgeSeconds } from '../passwords/mint-reset-link.ts'
import { eraseDue } from './delete-me.ts'

type UpkeepDeps = Pick<Deps, 'spine' | 'system' | 'settings'>

const deleted = counter('identity_upkeep_deleted_total', 'Rows removed because they had outlived their use, by kind')
const limit = 500
/** A counter of twenty half-lives is a millionth of what it was. */
const decayedHalfLives = 20

/** How many rows of each kind went. */
export async function deleteExpired(deps: UpkeepDeps): Promise<Record<string, number>> {
  const { system, settings } = deps
  const olderThanSeconds = settings.registrationTtlSeconds
  const counters = { olderThanSeconds: decayedHalfLives * settings.limits.halfLifeSeconds, limit }
  const kinds: Record<string, () => Promise<number>> = {
    sign_ins: () => deleteExpiredSignIns(system, limit),
    passkey_challenges: () => deleteExpiredPasskeyChallenges(system, limit),
    remembered_devices: () => deleteExpiredRememberedDevices(system, limit),
    enrollments: () => deleteUnconfirmedTotp(system, limit),
    secrets: () => deleteExpiredSecrets(system, limit),
    registrations: () => deleteExpiredRegistrations(system, { olderThanSeconds, limit }),
    resets: () => deleteExpiredResets(system, { olderThanSeconds: 2 * resetMailMaxAgeSeconds, limit }),
    address_changes: () => deleteOldChanges(system, { olderThanSeconds: changeLifeSeconds(settings), limit }),
    people: () => deletePeople(deps),
    erased: () => eraseDue(deps, { limit }),
    counters: () => deleteDecayedCounters(system, counters),
  }
  const counts: Record<string, number> = {}
  for (const [kind, deleteBatch] of Object.entries(kinds)) {
    counts[kind] = await untilNothingIsLeft(deleteBatch)
    deleted.add(counts[kind], { kind })
  }
  return counts
}

async function untilNothingIsLeft(deleteBatch: () => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const count = await deleteBatch()
    total += count
    if (count < limit) return total
  }
}

function deletePeople({ spine, settings }: UpkeepDeps): Promise<number> {
  return spine.write(
    {},
    async (tx) => {
      const people = await deleteUnprovenPeople(tx, { olderThanSeconds: settings.registrationTtlSeconds, limit })
      for (const { userId, version } of people)
        await appendEvent(tx, {
          contract: UserDeleted,
          aggregateType: 'user',
          aggregateId: userId,
          version: version + 1,
          userId,
          actor: 'system',
          data: { user_id: userId },
        })
      return people.length
    },
    { db: 'system' },
  )
}

/** The longest that a change can still be confirmed or undone, and its mail sent. */
const changeLifeSeconds = ({ addressUndoSeconds, verificationTtlSeconds }: Deps['settings']): number =>
  addressUndoSeconds + verificationTtlSeconds
