/**
 * Upkeep of deliveries: lanes whose job died without settling go on, and what was settled a month ago is forgotten. In
 * batches.
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { deleteOldDeliveries, giveUpAbandoned } from '../../store/webhook-deliveries.ts'
import { beginDelivery } from './begin-delivery.ts'

const limit = 500
const keptDays = 30

export async function keepDeliveries({ system }: Pick<Deps, 'system'>): Promise<void> {
  while ((await inScope(system, {}, goOnAfterAbandoned)) === limit);
  while ((await deleteOldDeliveries(system, { olderThanDays: keptDays, limit })) === limit);
}

async function goOnAfterAbandoned(tx: Tx): Promise<number> {
  const lanes = await giveUpAbandoned(tx, limit)
  for (const lane of lanes) await beginDelivery(tx, lane)
  return lanes.length
}
