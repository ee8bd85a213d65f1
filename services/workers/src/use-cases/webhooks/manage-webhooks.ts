/** Endpoints of an organization or of the platform. Each change is in the audit trail with it. */
import type { EventSource, Webhook } from '@gatehouse/contracts/http/workers/webhook'
import {
  WebhookCreated,
  WebhookDeleted,
  WebhookSecretRotated,
  WebhookUpdated,
} from '@gatehouse/contracts/events/workers/webhook'
import { actorOf } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import { findUrlFault, urlFaultMessages } from '../../domain/webhook-endpoint.ts'
import { mintWebhookSecret } from '../../providers/webhook-signature.ts'
import { giveUpAll } from '../../store/webhook-deliveries.ts'
import * as store from '../../store/webhook-endpoints.ts'
import { aboutChange, announceWebhook } from './announce-webhook.ts'
import { secretPurpose } from './secret-purpose.ts'
import { changeWithin, found, within, type Reach, type WebhookDeps } from './webhook-reach.ts'

const everywhere: EventSource[] = ['organizations', 'platform']
const mostEndpoints = 20
/** Time to bring the new secret to the receiver. */
const overlapSeconds = 86_400

type Input = { url?: string; eventTypes?: string[]; description?: string; sources?: EventSource[] }

/** @throws AppError `validation_failed`, `limit_reached` */
export async function createWebhook(
  deps: WebhookDeps,
  reach: Reach,
  { url, eventTypes, description = '', sources = everywhere }: Input & { url: string; eventTypes: string[] },
): Promise<Webhook & { secret: string }> {
  requireUsableUrl(deps, url)
  const { caller } = reach
  const [id, secret] = [newId('whk'), mintWebhookSecret()]
  const created = await changeWithin(deps, reach, async (tx) => {
    const endpoint = await store.insertEndpoint(tx, {
      id,
      orgId: reach.orgId,
      url,
      description,
      eventTypes,
      secretSealed: seal(deps, id, secret),
      createdBy: caller.kind === 'user' ? caller.userId : undefined,
      sources: reach.orgId === null ? sources : null,
      most: mostEndpoints,
    })
    if (endpoint)
      await announceWebhook(tx, {
        endpoint,
        contract: WebhookCreated,
        actor: actorOf(reach.caller),
        data: { ...aboutChange(endpoint, reach), event_types: eventTypes },
      })
    return endpoint
  })
  if (created === undefined) throw problem('limit_reached', { detail: `There are ${mostEndpoints} at most.` })
  return { ...onWire(created), secret }
}

/** @throws AppError `invalid_cursor` */
export async function listWebhooks(
  deps: WebhookDeps,
  reach: Reach,
  query: { limit?: number; cursor?: string },
): Promise<PageOf<Webhook>> {
  const after = decodeCursor(query.cursor, 1, ([id]) => isTypeId('whk', id))
  const limit = query.limit ?? 50
  const rows = await within(deps, reach, (tx) =>
    store.listEndpoints(tx, { limit: limit + 1, afterId: after === undefined ? undefined : String(after[0]) }),
  )
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  return { data: data.map(onWire), page }
}

/** @throws AppError `not_found` */
export async function getWebhook(deps: WebhookDeps, reach: Reach, id: string): Promise<Webhook> {
  return onWire(found(await within(deps, reach, (tx) => store.findEndpoint(tx, id))))
}

/** @throws AppError `not_found`, `validation_failed` */
export async function updateWebhook(
  deps: WebhookDeps,
  reach: Reach,
  { id, ...changes }: Input & { id: string; status?: 'active' | 'disabled' },
): Promise<Webhook> {
  if (changes.url !== undefined) requireUsableUrl(deps, changes.url)
  const updated = await changeWithin(deps, reach, async (tx) => {
    const endpoint = await store.updateEndpoint(tx, id, changes)
    if (endpoint === undefined) return undefined
    if (changes.status === 'disabled') await giveUpAll(tx, id)
    await announceWebhook(tx, {
      endpoint,
      contract: WebhookUpdated,
      actor: actorOf(reach.caller),
      data: { ...aboutChange(endpoint, reach), changed: Object.keys(changes) },
    })
    return endpoint
  })
  return onWire(found(updated))
}

/** @throws AppError `not_found` */
export async function deleteWebhook(deps: WebhookDeps, reach: Reach, id: string): Promise<void> {
  const deleted = await changeWithin(deps, reach, async (tx) => {
    const endpoint = await store.deleteEndpoint(tx, id)
    if (endpoint)
      await announceWebhook(tx, {
        endpoint: { ...endpoint, version: endpoint.version + 1 },
        contract: WebhookDeleted,
        actor: actorOf(reach.caller),
        data: aboutChange(endpoint, reach),
      })
    return endpoint
  })
  found(deleted)
}

/** @throws AppError `not_found` */
export async function rotateWebhookSecret(
  deps: WebhookDeps,
  reach: Reach,
  id: string,
): Promise<Webhook & { secret: string }> {
  const secret = mintWebhookSecret()
  const rotated = await changeWithin(deps, reach, async (tx) => {
    const endpoint = await store.rotateSecret(tx, { id, secretSealed: seal(deps, id, secret), overlapSeconds })
    if (endpoint)
      await announceWebhook(tx, {
        endpoint,
        contract: WebhookSecretRotated,
        actor: actorOf(reach.caller),
        data: aboutChange(endpoint, reach),
      })
    return endpoint
  })
  return { ...onWire(found(rotated)), secret }
}

const seal = ({ webhooks }: WebhookDeps, id: string, secret: string): string =>
  webhooks.envelope.seal(Buffer.from(secret), secretPurpose(id))

function requireUsableUrl({ webhooks }: WebhookDeps, url: string): void {
  const fault = findUrlFault(url, { allowsHttp: webhooks.allowsHttp })
  if (fault !== undefined)
    throw problem('validation_failed', { errors: [{ path: '/url', message: urlFaultMessages[fault] }] })
}

const onWire = (endpoint: store.Endpoint): Webhook => ({
  id: endpoint.id,
  url: endpoint.url,
  description: endpoint.description,
  event_types: endpoint.eventTypes,
  status: endpoint.status,
  disabled_reason: endpoint.disabledReason,
  previous_secret_until: endpoint.previousSecretUntil,
  created_at: endpoint.createdAt,
  updated_at: endpoint.updatedAt,
  ...(endpoint.sources !== null && { sources: endpoint.sources }),
})
