/**
 * Writes down, in the inbox transaction of an event, to which endpoints of its organization it goes. Those of a deleted
 * organization go.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { actionOf } from '../../domain/audit-record.ts'
import { filtersFor } from '../../domain/webhook-endpoint.ts'
import { insertDelivery } from '../../store/webhook-deliveries.ts'
import { deleteEndpointsOf, listListeners } from '../../store/webhook-endpoints.ts'
import { beginDelivery } from './begin-delivery.ts'

export async function recordDeliveries(tx: Tx, event: EventEnvelope): Promise<void> {
  const { orgid: orgId } = event
  if (orgId === undefined || !isTypeId('org', orgId)) return
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
