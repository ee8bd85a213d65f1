/** Events of stored entities, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent, appendEvents } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { EntityDeleted, EntityStored } from '@gatehouse/contracts/events/authz/entity'
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

export const announceEntitiesStored = (
  tx: Tx,
  { rows, actor }: { rows: readonly EntityRow[]; actor: Actor },
): Promise<void> =>
  appendEvents(
    tx,
    rows.map((row) => eventOf({ contract: EntityStored, row, actor })),
  )

export const announceEntityStored = (tx: Tx, o: OfEntity): Promise<void> =>
  appendEvent(tx, eventOf({ contract: EntityStored, ...o }))
export const announceEntityDeleted = (tx: Tx, o: OfEntity): Promise<void> =>
  appendEvent(tx, eventOf({ contract: EntityDeleted, ...o }))
