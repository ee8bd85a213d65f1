/** The job behind every webhook. */
import { DeliverWebhook } from '@gatehouse/contracts/jobs/deliver-webhook.v1'
import { defineProcessor, type JobProcessor } from '@gatehouse/service-kit/jobs/processor'
import { deliverWebhook, type DeliverDeps } from '../use-cases/webhooks/deliver-webhook.ts'

export const webhookProcessor = (deps: DeliverDeps, announce: (eventId: string) => void): JobProcessor =>
  defineProcessor(DeliverWebhook, ({ delivery }, { attempt, signal }) =>
    deliverWebhook(deps, { deliveryId: delivery, attempt, signal }, announce),
  )
