/**
 * One attempt of one delivery: signed anew with every live secret, sent, written down. What it settles and what begins
 * because of that is one transaction. A slow or dead endpoint has few attempts under way at once, so it holds up nobody
 * else.
 */
import { WebhookDisabled } from '@gatehouse/contracts/events/workers/webhook'
import { maxAttempts } from '@gatehouse/service-kit/jobs/backoff'
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Deps } from '../../deps.ts'
import { signWebhook } from '../../providers/webhook-signature.ts'
import type { Sent } from '../../providers/webhook-sender.ts'
import {
  findDueDelivery,
  giveUpAll,
  recordAttempt,
  settleDelivery,
  type DueDelivery,
} from '../../store/webhook-deliveries.ts'
import { noteFailure, noteSuccess } from '../../store/webhook-endpoints.ts'
import { aboutWebhook, announceWebhook } from './announce-webhook.ts'
import { beginDelivery } from './begin-delivery.ts'
import { secretPurpose } from './secret-purpose.ts'

export type DeliverDeps = Pick<Deps, 'system' | 'clock' | 'webhooks'>
type Run = { deliveryId: string; attempt: number; signal: AbortSignal }

const attempts = counter('webhook_attempts_total', 'Attempts to deliver a webhook, by what came of them')
const busyWaitMs = 1_000

/** `announce`: told of the event whose delivery begins next. @throws Error when a later attempt may succeed */
export async function deliverWebhook(
  deps: DeliverDeps,
  { deliveryId, attempt, signal }: Run,
  announce: (eventId: string) => void,
): Promise<JobOutcome> {
  const due = await findDueDelivery(deps.system, deliveryId)
  if (due === undefined) return { kind: 'done' }
  if (!deps.webhooks.slots.take(due.endpointId)) return { kind: 'postponed', waitMs: busyWaitMs }
  try {
    const sent = await send(deps, due, signal)
    const failure = failureOf(sent)
    attempts.add(1, { outcome: failure === undefined ? 'delivered' : sent.kind })
    const isLast = attempt >= maxAttempts || isGone(sent)
    const next = await inScope(deps.system, {}, (tx) => settle(deps, tx, { due, sent, failure, isLast }))
    if (next !== undefined) announce(next)
    if (failure === undefined) return { kind: 'done' }
    if (isLast) return { kind: 'undeliverable', reason: failure }
    throw new Error(failure)
  } finally {
    deps.webhooks.slots.free(due.endpointId)
  }
}

function send({ webhooks, clock }: DeliverDeps, due: DueDelivery, signal: AbortSignal): Promise<Sent> {
  const body = JSON.stringify(due.payload)
  const secrets = due.secretsSealed.map((sealed) =>
    webhooks.envelope.open(sealed, secretPurpose(due.endpointId)).toString('utf8'),
  )
  const signed = signWebhook({ id: due.id, at: clock.now(), body, secrets })
  const headers = { 'content-type': 'application/json', 'user-agent': 'Gatehouse-Webhooks/1.0', ...signed }
  return webhooks.sender.send({ url: due.url, headers, body, signal })
}

/** Anything but 2xx is a failure; a redirect is one too, and is not followed. */
function failureOf(sent: Sent): string | undefined {
  if (sent.kind === 'unreachable') return sent.reason
  return sent.status >= 200 && sent.status < 300 ? undefined : `the endpoint answered ${sent.status}`
}

const isGone = (sent: Sent): boolean => sent.kind === 'answered' && sent.status === 410

type Attempted = { due: DueDelivery; sent: Sent; failure: string | undefined; isLast: boolean }

/** The event whose delivery begins because of this. */
async function settle(
  { webhooks }: DeliverDeps,
  tx: Tx,
  { due, sent, failure, isLast }: Attempted,
): Promise<string | undefined> {
  await recordAttempt(tx, {
    deliveryId: due.id,
    orgId: due.orgId,
    status: sent.kind === 'answered' ? sent.status : null,
    responseBody: sent.kind === 'answered' ? sent.body : null,
    error: failure ?? null,
    durationMs: sent.durationMs,
  })
  if (failure === undefined) {
    await noteSuccess(tx, due.endpointId)
    await settleDelivery(tx, { id: due.id, state: 'delivered' })
    return beginDelivery(tx, due)
  }
  const { disableAfterSeconds } = webhooks
  const disabled = await noteFailure(tx, { id: due.endpointId, isGone: isGone(sent), disableAfterSeconds })
  if (disabled !== undefined) {
    await giveUpAll(tx, due.endpointId)
    const { version, createdBy } = disabled
    await announceWebhook(tx, {
      endpoint: { id: due.endpointId, orgId: due.orgId, version },
      contract: WebhookDisabled,
      actor: 'system',
      data: {
        ...aboutWebhook({ id: due.endpointId, orgId: due.orgId }),
        ...(createdBy !== undefined && { made_by: createdBy }),
      },
    })
    return undefined
  }
  if (!isLast) return undefined
  await settleDelivery(tx, { id: due.id, state: 'failed', error: failure })
  return beginDelivery(tx, due)
}
