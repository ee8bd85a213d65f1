/** What was delivered to an endpoint, and doing it once more. */
import type { WebhookDelivery, WebhookDeliveryDetails } from '@gatehouse/contracts/http/workers/webhooks'
import { WebhookReplayed } from '@gatehouse/contracts/events/workers/webhook'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import * as deliveries from '../../store/webhook-deliveries.ts'
import { findEndpoint, type Endpoint } from '../../store/webhook-endpoints.ts'
import { beginDelivery } from './begin-delivery.ts'
import { changeInOrganization, found, inOrganization, requireWebhooks, type WebhookDeps } from './manage-webhooks.ts'
import { payloadOf } from './record-deliveries.ts'
import { aboutWebhook, announceWebhook } from './announce-webhook.ts'

type Query = { limit?: number; cursor?: string; state?: deliveries.DeliveryState }
const mostReplayed = 1000

/** @throws AppError `forbidden`, `not_found`, `invalid_cursor` */
export async function listDeliveries(
  deps: WebhookDeps,
  caller: OrgCaller,
  { endpointId, ...query }: Query & { endpointId: string },
): Promise<PageOf<WebhookDelivery>> {
  await requireWebhooks(deps, caller, 'read')
  const after = decodeCursor(query.cursor, 1, ([id]) => isTypeId('whd', id))
  const limit = query.limit ?? 50
  const afterId = after === undefined ? undefined : String(after[0])
  const rows = await inOrganization(deps, caller, async (tx) => {
    found(await findEndpoint(tx, endpointId))
    return deliveries.listDeliveries(tx, { endpointId, limit: limit + 1, afterId, state: query.state })
  })
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  return { data: data.map(onWire), page }
}

type Named = { endpointId: string; id: string }

/** @throws AppError `forbidden`, `not_found` */
export async function getDelivery(deps: WebhookDeps, caller: OrgCaller, named: Named): Promise<WebhookDeliveryDetails> {
  await requireWebhooks(deps, caller, 'read')
  const { delivery, payload, log } = found(
    await inOrganization(deps, caller, (tx) => deliveries.findDelivery(tx, named)),
  )
  return { ...onWire(delivery), request_body: payload, log }
}

/** @throws AppError `forbidden`, `not_found`, `conflict` for a disabled endpoint, or a delivery that is under way */
export async function replayDelivery(deps: WebhookDeps, caller: OrgCaller, { endpointId, id }: Named): Promise<void> {
  await requireWebhooks(deps, caller, 'write')
  await changeInOrganization(deps, caller, async (tx) => {
    const endpoint = await requireActive(tx, endpointId)
    found(await deliveries.findDelivery(tx, { endpointId, id }))
    const lanes = await deliveries.waitAgain(tx, endpointId, deliveries.isDelivery(id), 1)
    if (lanes.length === 0) throw problem('conflict', { detail: 'The delivery is under way.' })
    await beginLanes(tx, lanes)
    const data = { ...aboutWebhook(endpoint), delivery_id: id, count: 1 }
    await announceWebhook(tx, { endpoint, contract: WebhookReplayed, actor: actorOf(caller), data })
  })
}

/** How many begin again. @throws AppError `forbidden`, `not_found`, `conflict` for a disabled endpoint */
export async function replayFailed(
  deps: WebhookDeps,
  caller: OrgCaller,
  { endpointId, from, to }: { endpointId: string; from: string; to: string },
): Promise<number> {
  await requireWebhooks(deps, caller, 'write')
  return changeInOrganization(deps, caller, async (tx) => {
    const endpoint = await requireActive(tx, endpointId)
    const lanes = await deliveries.waitAgain(tx, endpointId, deliveries.failedWithin(from, to), mostReplayed)
    await beginLanes(tx, lanes)
    const data = { ...aboutWebhook(endpoint), count: lanes.length }
    await announceWebhook(tx, { endpoint, contract: WebhookReplayed, actor: actorOf(caller), data })
    return lanes.length
  })
}

/** The delivery. @throws AppError `forbidden`, `not_found`, `conflict` for a disabled endpoint */
export async function testWebhook(deps: WebhookDeps, caller: OrgCaller, endpointId: string): Promise<string> {
  await requireWebhooks(deps, caller, 'write')
  return inOrganization(deps, caller, async (tx) => {
    await requireActive(tx, endpointId)
    const eventId = newId('evt')
    const type = 'webhook.test'
    const payload = payloadOf({
      type,
      timestamp: new Date().toISOString(),
      orgId: caller.orgId,
      data: { webhook_id: endpointId },
    })
    const lane = { endpointId, orderingKey: eventId }
    const id = await deliveries.insertDelivery(tx, { ...lane, orgId: caller.orgId, eventId, eventType: type, payload })
    await beginDelivery(tx, lane)
    return found(id)
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
