/**
 * Send one webhook to its endpoint. What it says and how it is signed is read while the job runs, so every attempt is
 * signed anew.
 */
import Type from 'typebox'
import { WebhookDeliveryId } from '../common/ids.ts'

export const DeliverWebhook = {
  name: 'deliver-webhook.v1',
  data: Type.Object({ delivery: WebhookDeliveryId }),
} as const
