/**
 * What follows the removal of a second factor, in its transaction. Recovery codes stand in for one, so they go with the
 * last; who began to sign in begins again.
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hasSecondFactor } from '../../domain/sign-in/steps.ts'
import { listFactors, replaceRecoveryCodes } from '../../store/factors.ts'
import { endOpenSignIns } from '../../store/sign-in-transactions.ts'
import { enrolledOf } from './enrolled.ts'

export async function settleRemoval(tx: Tx, userId: string): Promise<void> {
  if (!hasSecondFactor(enrolledOf(await listFactors(tx, userId))))
    await replaceRecoveryCodes(tx, { userId, hashes: [] })
  await endOpenSignIns(tx, userId)
}
