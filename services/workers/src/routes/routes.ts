/** Every route of workers, by resource: what is not in this list is not served. */
import { auditEventsRoutes } from './audit-events.ts'
import { deadLettersRoutes } from './dead-letters.ts'
import { notificationRoutes } from './notifications.ts'
import { securityAlertRoutes } from './security-alerts.ts'
import { undeliverableAddressRoutes } from './undeliverable-addresses.ts'
import { platformWebhookRoutes, webhookRoutes } from './webhooks.ts'

export const publicRoutes = [
  webhookRoutes,
  platformWebhookRoutes,
  auditEventsRoutes,
  deadLettersRoutes,
  notificationRoutes,
  securityAlertRoutes,
  undeliverableAddressRoutes,
] as const
