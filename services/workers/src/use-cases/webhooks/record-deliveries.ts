/**
 * Writes down, in the inbox transaction of an event, to which endpoints it goes: those of its organization and of the
 * platform. Those of a deleted organization are deleted.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import type { WithClaim } from '@gatehouse/spine/consume/consumer'
import { actionOf } from '../../domain/audit-record.ts'
import { filtersFor } from '../../domain/webhook-endpoint.ts'
import { insertDelivery } from '../../store/webhook-deliveries.ts'
import { deleteEndpointsOf, listListeners, ofNoListeners } from '../../store/webhook-endpoints.ts'
import { beginDelivery } from './begin-delivery.ts'
import type { PlatformEar } from './platform-ear.ts'

const organizationOf = ({ orgid }: EventEnvelope): string | null =>
  orgid !== undefined && isTypeId('org', orgid) ? orgid : null

/** What happens in an organization may go to somebody, and what happens in none where the platform listens to it. */
export const isDeliverable = (event: EventEnvelope, platform: Pick<PlatformEar, 'mayHear'>): boolean =>
  organizationOf(event) !== null || platform.mayHear()

/** How events are claimed at once that no endpoint listens to. Undefined where an organization is gone. */
export async function unheard(
  db: Queryable,
  events: readonly EventEnvelope[],
  platform: Pick<PlatformEar, 'listen'>,
): Promise<WithClaim | undefined> {
  if (events.some(({ type }) => type === OrganizationDeleted.type)) return undefined
  if (events.some((event) => organizationOf(event) === null)) await platform.listen(db)
  return ofNoListeners(
    events.map((event) => ({
      ...{ eventId: event.id, orgId: organizationOf(event), filters: filtersFor(actionOf(event.type)) },
    })),
  )
}

export async function recordDeliveries(tx: Tx, event: EventEnvelope): Promise<void> {
  const orgId = organizationOf(event)
  if (orgId !== null && event.type === OrganizationDeleted.type) await deleteEndpointsOf(tx, orgId)
  const action = actionOf(event.type)
  for (const endpoint of await listListeners(tx, { orgId, filters: filtersFor(action) })) {
    const delivery = {
      endpointId: endpoint.id,
      orgId: endpoint.orgId,
      eventId: event.id,
      eventType: action,
      orderingKey: event.subject,
      payload: payloadOf({ type: action, timestamp: event.time, orgId, data: event.data }),
    }
    if ((await insertDelivery(tx, delivery)) !== undefined) await beginDelivery(tx, delivery)
  }
}

/**
 * The body of every delivery, as Standard Webhooks suggests it: what happened, when, and the facts. Ids and facts, as
 * events have them. What happened in no organization names none.
 */
export const payloadOf = (o: {
  type: string
  timestamp: string
  orgId: string | null
  data: Record<string, unknown>
}): Record<string, unknown> => ({ type: o.type, timestamp: o.timestamp, organization_id: o.orgId, data: o.data })
