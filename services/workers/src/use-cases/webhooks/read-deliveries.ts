/** What was delivered to an endpoint, and doing it once more. */
import type { WebhookDelivery, WebhookDeliveryDetails } from '@gatehouse/contracts/http/workers/webhook'
import { WebhookReplayed } from '@gatehouse/contracts/events/workers/webhook'
import { actorOf } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import * as deliveries from '../../store/webhook-deliveries.ts'
import { findEndpoint, type Endpoint } from '../../store/webhook-endpoints.ts'
import { beginDelivery } from './begin-delivery.ts'
import { payloadOf } from './record-deliveries.ts'
import { aboutWebhook, announceWebhook } from './announce-webhook.ts'
import { changeWithin, found, within, type Reach, type WebhookDeps } from './webhook-reach.ts'

type Query = { limit?: number; cursor?: string; state?: deliveries.DeliveryState }
const mostReplayed = 1000

/** @throws AppError `not_found`, `invalid_cursor` */
export async function listDeliveries(
  deps: WebhookDeps,
  reach: Reach,
  { endpointId, ...query }: Query & { endpointId: string },
): Promise<PageOf<WebhookDelivery>> {
  const after = decodeCursor(query.cursor, 1, ([id]) => isTypeId('whd', id))
  const limit = query.limit ?? 50
  const afterId = after === undefined ? undefined : String(after[0])
  const rows = await within(deps, reach, async (tx) => {
    found(await findEndpoint(tx, endpointId))
    return deliveries.listDeliveries(tx, { endpointId, limit: limit + 1, afterId, state: query.state })
  })
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  return { data: data.map(onWire), page }
}

type Named = { endpointId: string; id: string }

/** @throws AppError `not_found` */
export async function getDelivery(deps: WebhookDeps, reach: Reach, named: Named): Promise<WebhookDeliveryDetails> {
  const { delivery, payload, log } = found(await within(deps, reach, (tx) => deliveries.findDelivery(tx, named)))
  return { ...onWire(delivery), request_body: payload, log }
}

/** @throws AppError `not_found`, `conflict` for a disabled endpoint, or a delivery that is under way */
export async function replayDelivery(
  deps: WebhookDeps,
  reach: Reach,
  { endpointId, id }: Named,
): Promise<{ delivery_id: string }> {
  return changeWithin(deps, reach, async (tx) => {
    const endpoint = await requireActive(tx, endpointId)
    found(await deliveries.findDelivery(tx, { endpointId, id }))
    const lanes = await deliveries.waitAgain(tx, endpointId, deliveries.isDelivery(id), 1)
    if (lanes.length === 0) throw problem('conflict', { detail: 'The delivery is under way.' })
    await beginLanes(tx, lanes)
    const data = { ...aboutWebhook(endpoint), delivery_id: id, count: 1 }
    await announceWebhook(tx, { endpoint, contract: WebhookReplayed, actor: actorOf(reach.caller), data })
    return { delivery_id: id }
  })
}

/** As many as begin again. @throws AppError `not_found`, `conflict` for a disabled endpoint */
export async function replayFailed(
  deps: WebhookDeps,
  reach: Reach,
  { endpointId, from, to }: { endpointId: string; from: string; to: string },
): Promise<{ count: number }> {
  return changeWithin(deps, reach, async (tx) => {
    const endpoint = await requireActive(tx, endpointId)
    const lanes = await deliveries.waitAgain(tx, endpointId, deliveries.failedWithin(from, to), mostReplayed)
    await beginLanes(tx, lanes)
    const data = { ...aboutWebhook(endpoint), count: lanes.length }
    await announceWebhook(tx, { endpoint, contract: WebhookReplayed, actor: actorOf(reach.caller), data })
    return { count: lanes.length }
  })
}

/** @throws AppError `not_found`, `conflict` for a disabled endpoint */
export async function testWebhook(
  deps: WebhookDeps,
  reach: Reach,
  endpointId: string,
): Promise<{ delivery_id: string }> {
  return within(deps, reach, async (tx) => {
    await requireActive(tx, endpointId)
    const eventId = newId('evt')
    const type = 'webhook.test'
    const payload = payloadOf({
      type,
      timestamp: new Date().toISOString(),
      orgId: reach.orgId,
      data: { webhook_id: endpointId },
    })
    const lane = { endpointId, orderingKey: eventId }
    const id = await deliveries.insertDelivery(tx, { ...lane, orgId: reach.orgId, eventId, eventType: type, payload })
    await beginDelivery(tx, lane)
    return { delivery_id: found(id) }
  })
}

async function requireActive(tx: Tx, endpointId: string): Promise<Endpoint> {
  const endpoint = found(await findEndpoint(tx, endpointId))
  if (endpoint.status !== 'active') throw problem('conflict', { detail: 'The endpoint is disabled: enable it first.' })
  return endpoint
}

/** In one order, so that two replays wait for each other and never in a circle. */
async function beginLanes(tx: Tx, lanes: readonly deliveries.Lane[]): Promise<void> {
  const keys = [...new Map(lanes.map((lane) => [lane.orderingKey, lane])).values()]
  for (const lane of keys.sort((a, b) => a.orderingKey.localeCompare(b.orderingKey, 'en')))
    await beginDelivery(tx, lane)
}

const onWire = (delivery: deliveries.Delivery): WebhookDelivery => ({
  id: delivery.id,
  event_type: delivery.eventType,
  state: delivery.state,
  attempts: delivery.attempts,
  last_status: delivery.lastStatus,
  last_error: delivery.lastError,
  created_at: delivery.createdAt,
  settled_at: delivery.settledAt,
})
