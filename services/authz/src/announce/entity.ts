/** Events of stored entities, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { EntitiesStored, EntityDeleted, EntityStored } from '@gatehouse/contracts/events/authz/entity'
import type { EntityRow } from '../store/schema.ts'

type OfEntity = { row: EntityRow; actor: Actor }

const eventOf = ({ contract, row, actor }: OfEntity & { contract: typeof EntityStored | typeof EntityDeleted }) => ({
  contract,
  aggregateType: 'entity',
  aggregateId: row.id,
  version: row.version,
  orgId: row.orgId,
  actor,
  data: { entity_id: row.id, organization_id: row.orgId, type: row.type },
})

/** One event for all that one statement stored: a thousand things are no thousand events that each replica reads. */
export async function announceEntitiesStored(
  tx: Tx,
  { rows, actor }: { rows: readonly EntityRow[]; actor: Actor },
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  await appendEvent(tx, {
    contract: EntitiesStored,
    aggregateType: 'entity',
    aggregateId: first.id,
    version: first.version,
    orgId: first.orgId,
    actor,
    data: {
      organization_id: first.orgId,
      type: first.type,
      entities: rows.map(({ id, version }) => ({ entity_id: id, version })),
    },
  })
}

export const announceEntityStored = (tx: Tx, o: OfEntity): Promise<void> =>
  appendEvent(tx, eventOf({ contract: EntityStored, ...o }))
export const announceEntityDeleted = (tx: Tx, o: OfEntity): Promise<void> =>
  appendEvent(tx, eventOf({ contract: EntityDeleted, ...o }))
