/**
 * An organization's endpoints, changed by those the policy decision point lets. Each change is in the audit trail with
 * it.
 */
import type { Webhook } from '@gatehouse/contracts/http/workers/webhooks'
import {
  WebhookCreated,
  WebhookDeleted,
  WebhookSecretRotated,
  WebhookUpdated,
} from '@gatehouse/contracts/events/workers/webhook'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { findUrlFault, urlFaultMessages } from '../../domain/webhook-endpoint.ts'
import { mintWebhookSecret } from '../../providers/webhook-signature.ts'
import { giveUpAll } from '../../store/webhook-deliveries.ts'
import * as store from '../../store/webhook-endpoints.ts'
import { aboutWebhook, announceWebhook } from './announce-webhook.ts'
import { secretPurpose } from './secret-purpose.ts'

export type WebhookDeps = Pick<Deps, 'clients' | 'db' | 'spine' | 'webhooks'>

const mostEndpoints = 20
/** Time to bring the new secret to the receiver. */
const overlapSeconds = 86_400

/** @throws AppError `forbidden` */
export async function requireWebhooks(
  { clients }: Pick<Deps, 'clients'>,
  caller: OrgCaller,
  verb: 'read' | 'write',
): Promise<void> {
  const permission = `gatehouse:webhooks.${verb}`
  requireAllowed(await clients.authz.decide(caller, { scope: 'organization', permission }), caller, permission)
}

export const inOrganization = <T>(
  { db }: Pick<Deps, 'db'>,
  { orgId }: OrgCaller,
  run: (tx: Tx) => Promise<T>,
): Promise<T> => inScope(db, { orgId }, run)

/** A change of the caller's organization, announced. */
export const changeInOrganization = <T>(
  { spine }: Pick<Deps, 'spine'>,
  { orgId }: OrgCaller,
  run: (tx: Tx) => Promise<T>,
): Promise<T> => spine.write({ orgId }, run)

type Input = { url?: string; eventTypes?: string[]; description?: string }

/** @throws AppError `forbidden`, `validation_failed`, `limit_reached` */
export async function createWebhook(
  deps: WebhookDeps,
  caller: OrgCaller,
  { url, eventTypes, description = '' }: Input & { url: string; eventTypes: string[] },
): Promise<Webhook & { secret: string }> {
  await requireWebhooks(deps, caller, 'write')
  requireUsableUrl(deps, url)
  const [id, secret] = [newId('whk'), mintWebhookSecret()]
  const created = await changeInOrganization(deps, caller, async (tx) => {
    const endpoint = await store.insertEndpoint(tx, {
      id,
      orgId: caller.orgId,
      url,
      description,
      eventTypes,
      secretSealed: seal(deps, id, secret),
      createdBy: caller.kind === 'user' ? caller.userId : undefined,
      most: mostEndpoints,
    })
    if (endpoint)
      await announceWebhook(tx, {
        endpoint,
        contract: WebhookCreated,
        actor: actorOf(caller),
        data: { ...aboutWebhook(endpoint), event_types: eventTypes },
      })
    return endpoint
  })
  if (created === undefined) throw problem('limit_reached', { detail: `An organization has ${mostEndpoints} at most.` })
  return { ...onWire(created), secret }
}

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listWebhooks(
  deps: WebhookDeps,
  caller: OrgCaller,
  query: { limit?: number; cursor?: string },
): Promise<PageOf<Webhook>> {
  await requireWebhooks(deps, caller, 'read')
  const after = decodeCursor(query.cursor, 1, ([id]) => isTypeId('whk', id))
  const limit = query.limit ?? 50
  const rows = await inOrganization(deps, caller, (tx) =>
    store.listEndpoints(tx, { limit: limit + 1, afterId: after === undefined ? undefined : String(after[0]) }),
  )
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  return { data: data.map(onWire), page }
}

/** @throws AppError `forbidden`, `not_found` */
export async function getWebhook(deps: WebhookDeps, caller: OrgCaller, id: string): Promise<Webhook> {
  await requireWebhooks(deps, caller, 'read')
  return onWire(found(await inOrganization(deps, caller, (tx) => store.findEndpoint(tx, id))))
}

/** @throws AppError `forbidden`, `not_found`, `validation_failed` */
export async function updateWebhook(
  deps: WebhookDeps,
  caller: OrgCaller,
  { id, ...changes }: Input & { id: string; status?: 'active' | 'disabled' },
): Promise<Webhook> {
  await requireWebhooks(deps, caller, 'write')
  if (changes.url !== undefined) requireUsableUrl(deps, changes.url)
  const updated = await changeInOrganization(deps, caller, async (tx) => {
    const endpoint = await store.updateEndpoint(tx, id, changes)
    if (endpoint === undefined) return undefined
    if (changes.status === 'disabled') await giveUpAll(tx, id)
    await announceWebhook(tx, {
      endpoint,
      contract: WebhookUpdated,
      actor: actorOf(caller),
      data: { ...aboutWebhook(endpoint), changed: Object.keys(changes) },
    })
    return endpoint
  })
  return onWire(found(updated))
}

/** @throws AppError `forbidden`, `not_found` */
export async function deleteWebhook(deps: WebhookDeps, caller: OrgCaller, id: string): Promise<void> {
  await requireWebhooks(deps, caller, 'write')
  const deleted = await changeInOrganization(deps, caller, async (tx) => {
    const endpoint = await store.deleteEndpoint(tx, id)
    if (endpoint)
      await announceWebhook(tx, {
        endpoint: { ...endpoint, version: endpoint.version + 1 },
        contract: WebhookDeleted,
        actor: actorOf(caller),
        data: aboutWebhook(endpoint),
      })
    return endpoint
  })
  found(deleted)
}

/** @throws AppError `forbidden`, `not_found` */
export async function rotateWebhookSecret(
  deps: WebhookDeps,
  caller: OrgCaller,
  id: string,
): Promise<Webhook & { secret: string }> {
  await requireWebhooks(deps, caller, 'write')
  const secret = mintWebhookSecret()
  const rotated = await changeInOrganization(deps, caller, async (tx) => {
    const endpoint = await store.rotateSecret(tx, { id, secretSealed: seal(deps, id, secret), overlapSeconds })
    if (endpoint)
      await announceWebhook(tx, {
        endpoint,
        contract: WebhookSecretRotated,
        actor: actorOf(caller),
        data: aboutWebhook(endpoint),
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

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw problem('not_found')
  return value
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
})
