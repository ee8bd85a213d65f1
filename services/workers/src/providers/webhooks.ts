/** What delivering webhooks takes, out of the configuration. */
import { createEnvelope, parseKey, type Envelope } from '@gatehouse/service-kit/secrets/envelope'
import type { Config } from '../config.ts'
import { createEndpointSlots, type EndpointSlots } from './endpoint-slots.ts'
import { createOpenAddresses } from '@gatehouse/service-kit/outbound/open-addresses'
import { createWebhookSender, type WebhookSender } from './webhook-sender.ts'

export type Webhooks = {
  sender: WebhookSender
  slots: EndpointSlots
  /** For the secrets of endpoints. */
  envelope: Envelope
  allowsHttp: boolean
  disableAfterSeconds: number
  /** Milliseconds until the attempt after this one. */
  retryDelayMs(attempt: number): number
}

const slotsPerEndpoint = 2
/**
 * A receiver that restarts, that is being deployed, that is being mended: seconds to an hour, ± 25 % so that what
 * failed together does not return together.
 */
const delaysMs = [5_000, 60_000, 600_000, 3_600_000]

export const openWebhooks = (
  config: Pick<
    Config,
    'KEY_ENCRYPTION_KEY' | 'KEY_ENCRYPTION_KEY_PREVIOUS' | 'WEBHOOK_ALLOWED_NETWORKS' | 'WEBHOOK_DISABLE_AFTER_SECONDS'
  >,
): Webhooks => ({
  sender: createWebhookSender({ isOpen: createOpenAddresses(config.WEBHOOK_ALLOWED_NETWORKS) }),
  slots: createEndpointSlots({ most: slotsPerEndpoint }),
  envelope: createEnvelope({
    keys: [config.KEY_ENCRYPTION_KEY, config.KEY_ENCRYPTION_KEY_PREVIOUS]
      .filter((key) => key !== undefined)
      .map(parseKey),
  }),
  allowsHttp: config.WEBHOOK_ALLOWED_NETWORKS.length > 0,
  disableAfterSeconds: config.WEBHOOK_DISABLE_AFTER_SECONDS,
  retryDelayMs: (attempt) =>
    Math.round((delaysMs[Math.min(attempt, delaysMs.length) - 1] ?? 0) * (0.75 + Math.random() * 0.5)),
})
