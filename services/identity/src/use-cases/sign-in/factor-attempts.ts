/**
 * Attempts at second factors, counted apart from those at passwords: a right password forgives none of them (S14). They
 * are read and counted under the lock of the person, so of many guesses at once no more get a chance than of as many
 * one after another.
 */
import { SignInFailed, SignInLocked } from '@gatehouse/contracts/events/identity/sign-in'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { countersOf, decideAdmission, type Admission } from '../../domain/sign-in-limits.ts'
import type { Step } from '../../domain/sign-in/steps.ts'
import { countFailures, readCounters } from '../../store/sign-in-counters.ts'
import type { Requester } from '../requester.ts'
import { widestOf } from './record-refusal.ts'

type Attempt = { userId: string; requester: Requester; deviceId: string | undefined }

export async function readFactorAdmission(
  { settings }: Pick<Deps, 'settings'>,
  db: Queryable,
  { userId, requester, deviceId }: Attempt,
): Promise<Admission> {
  const limits = settings.factorLimits
  const counters = countersOf({ address: `factor of ${userId}`, networks: requester.networks, deviceId, limits })
  return decideAdmission(await readCounters(db, { counters, halfLifeSeconds: limits.halfLifeSeconds }))
}

/** Counts a wrong answer that had its chance, and announces it about the person. */
export async function countWrongCode(
  { settings }: Pick<Deps, 'settings'>,
  tx: Tx,
  { userId, step, admission }: { userId: string; step: Step; admission: Admission },
): Promise<void> {
  const { halfLifeSeconds } = settings.factorLimits
  const full = await countFailures(tx, { counters: admission.counters, by: 1, halfLifeSeconds })
  const scope = widestOf(full.map((one) => one.scope))
  const ofPerson = { aggregateType: 'sign_in', aggregateId: newId('sin'), actor: 'system', userId } as const
  await appendEvent(tx, { ...ofPerson, contract: SignInFailed, version: 1, data: { user_id: userId, step } })
  if (scope !== undefined)
    await appendEvent(tx, { ...ofPerson, contract: SignInLocked, version: 2, data: { user_id: userId, scope, step } })
}
