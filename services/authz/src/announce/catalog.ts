/** Announces a new version of an application, in the transaction that declared it. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { CatalogChanged } from '@gatehouse/contracts/events/authz/catalog'
import type { ApplicationRow } from '../store/schema.ts'

export const announceCatalog = (tx: Tx, row: ApplicationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: CatalogChanged,
    aggregateType: 'application',
    aggregateId: row.id,
    version: row.version,
    actor,
    data: { application: row.key },
  })
