/**
 * Writes down, in the inbox transaction of an event, to which endpoints of its organization it goes. Those of a deleted
 * organization go.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { WithClaim } from '@gatehouse/spine/consume/consumer'
import { actionOf } from '../../domain/audit-record.ts'
import { filtersFor } from '../../domain/webhook-endpoint.ts'
import { insertDelivery } from '../../store/webhook-deliveries.ts'
import { deleteEndpointsOf, listListeners, ofNoListeners } from '../../store/webhook-endpoints.ts'
import { beginDelivery } from './begin-delivery.ts'

/** Only what happens in an organization goes to somebody. */
export const isDeliverable = ({ orgid }: EventEnvelope): boolean => orgid !== undefined && isTypeId('org', orgid)

/** How events are claimed at once that no endpoint listens to. Undefined where an organization is gone. */
export function unheard(events: readonly EventEnvelope[]): WithClaim | undefined {
  if (events.some(({ type }) => type === OrganizationDeleted.type)) return undefined
  return ofNoListeners(
    events.flatMap(({ id, type, orgid }) =>
      orgid === undefined ? [] : { eventId: id, orgId: orgid, filters: filtersFor(actionOf(type)) },
    ),
  )
}

export async function recordDeliveries(tx: Tx, event: EventEnvelope): Promise<void> {
  const { orgid: orgId } = event
  if (orgId === undefined || !isDeliverable(event)) return
  if (event.type === OrganizationDeleted.type) return await deleteEndpointsOf(tx, orgId)
  const action = actionOf(event.type)
  for (const endpointId of await listListeners(tx, { orgId, filters: filtersFor(action) })) {
    const delivery = {
      endpointId,
      orgId,
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
 * events have them.
 */
export const payloadOf = (o: {
  type: string
  timestamp: string
  orgId: string
  data: Record<string, unknown>
}): Record<string, unknown> => ({ type: o.type, timestamp: o.timestamp, organization_id: o.orgId, data: o.data })
