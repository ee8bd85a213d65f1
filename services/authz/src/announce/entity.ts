/** Events of stored entities, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent, appendEvents } from '@gatehouse/spine/produce/outbox'
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

/** Entities that one event names: a thousand things are no thousand events that each replica reads. */
const mostOfAnEvent = 50

/** Appends the events of what one statement stored by one statement. */
export async function announceEntitiesStored(
  tx: Tx,
  o: { orgId: string; type: string; versions: readonly { id: string; version: number }[]; actor: Actor },
): Promise<void> {
  const events = o.versions.flatMap(({ id, version }, index) =>
    index % mostOfAnEvent > 0
      ? []
      : [
          {
            contract: EntitiesStored,
            aggregateType: 'entity',
            aggregateId: id,
            version,
            orgId: o.orgId,
            actor: o.actor,
            data: {
              organization_id: o.orgId,
              type: o.type,
              entities: o.versions
                .slice(index, index + mostOfAnEvent)
                .map(({ id, version }) => ({ entity_id: id, version })),
            },
          },
        ],
  )
  await appendEvents(tx, events)
}

export const announceEntityStored = (tx: Tx, o: OfEntity): Promise<void> =>
  appendEvent(tx, eventOf({ contract: EntityStored, ...o }))
export const announceEntityDeleted = (tx: Tx, o: OfEntity): Promise<void> =>
  appendEvent(tx, eventOf({ contract: EntityDeleted, ...o }))
