/** Every route of workers, by resource: what is not in this list is not served. */
import { auditEventsRoutes } from './audit-events.ts'
import { deadLettersRoutes } from './dead-letters.ts'
import { notificationRoutes } from './notifications.ts'
import { webhookRoutes } from './webhooks.ts'

export const publicRoutes = [webhookRoutes, auditEventsRoutes, deadLettersRoutes, notificationRoutes] as const
