/** What the signed-in person was told, and what they want to be told. */
import * as contracts from '@gatehouse/contracts/http/workers/notifications'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getPreferences, updatePreferences } from '../use-cases/notifications/notification-preferences.ts'
import {
  listNotifications,
  readAllNotifications,
  updateNotification,
} from '../use-cases/notifications/read-notifications.ts'
import { streamNotifications } from '../use-cases/notifications/stream-notifications.ts'

export function notificationRoutes(
  app: FastifyInstance,
  deps: Pick<Deps, 'db' | 'mailLocale' | 'notificationFeed'>,
): void {
  bindRoute(app, contracts.ListNotifications, ({ caller, query }) => listNotifications(deps, caller, query))
  bindRoute(app, contracts.StreamNotifications, ({ caller, query, request }) => {
    const last = request.headers['last-event-id']
    return streamNotifications(deps, caller, {
      lastEventId: typeof last === 'string' ? last : undefined,
      locale: query.locale,
    })
  })
  bindRoute(app, contracts.UpdateNotification, ({ caller, params, query, body }) =>
    updateNotification(deps, caller, { id: params.notification, isRead: body.read, locale: query.locale }),
  )
  bindRoute(app, contracts.ReadAllNotifications, async ({ caller, body }) => ({
    count: await readAllNotifications(deps, caller, body.up_to),
  }))
  bindRoute(app, contracts.GetNotificationPreferences, ({ caller }) => getPreferences(deps, caller))
  bindRoute(app, contracts.UpdateNotificationPreferences, ({ caller, body }) =>
    updatePreferences(deps, caller, body.kinds),
  )
}
