/** What a person is told inside the product, and which of it they want to be told. */
import Type, { type Static } from 'typebox'
import { NotificationId, OrganizationId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant, LanguageTag } from '../../common/scalars.ts'
import { defineRoute, eventStream, type RouteContract } from '../contract.ts'

const Nullable = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

/** Each kind of notification there is. Those about the security of an account are always shown. */
export const NotificationKind = Type.Union([
  Type.Literal('account.password_changed'),
  Type.Literal('account.email_changed'),
  Type.Literal('account.factors_changed'),
  Type.Literal('account.recovery_code_used'),
  Type.Literal('account.impersonated'),
  Type.Literal('account.deletion_requested'),
  Type.Literal('account.application_allowed'),
  Type.Literal('security.alert'),
  Type.Literal('membership.joined'),
  Type.Literal('membership.removed'),
  Type.Literal('membership.ownership_changed'),
  Type.Literal('membership.status_changed'),
  Type.Literal('membership.roles_changed'),
  Type.Literal('access_request.created'),
  Type.Literal('access_request.answered'),
  Type.Literal('webhook.disabled'),
])
export type NotificationKind = Static<typeof NotificationKind>

export const Notification = Type.Object({
  id: NotificationId,
  kind: NotificationKind,
  /** One line, in the language that was asked for. */
  title: Type.String(),
  /** The organization it is about, if any. */
  organization_id: Nullable(OrganizationId),
  /** Ids and facts of the event that led to it. */
  data: Type.Record(Type.String(), Type.Unknown()),
  occurred_at: Instant,
  read_at: Nullable(Instant),
})
export type Notification = Static<typeof Notification>

/** `en` or `de`; of another language, the one of the deployment. */
const locale = { locale: Type.Optional(LanguageTag) }

export const NotificationPage = Type.Object({
  ...listOf(Notification).properties,
  /** How many are unread, at most 500. */
  unread_count: Type.Integer(),
})
export type NotificationPage = Static<typeof NotificationPage>

export const ListNotifications = defineRoute({
  operationId: 'listNotifications',
  service: 'workers',
  method: 'GET',
  path: '/v1/me/notifications',
  summary:
    'What one was told, newest first, and how much of it is unread. The newest 500 of the last 180 days are kept.',
  auth: 'user',
  query: Type.Object({ ...PageQuery, ...locale, unread: Type.Optional(Type.Boolean()) }),
  success: { status: 200, body: NotificationPage, description: 'The notifications.' },
})

export const StreamNotifications = defineRoute({
  operationId: 'streamNotifications',
  service: 'workers',
  method: 'GET',
  path: '/v1/me/notifications/stream',
  summary:
    'What one is told, as it happens: server-sent events `notification`, resumed by `Last-Event-ID`. ' +
    '`reset`: read the list anew.',
  auth: 'user',
  query: Type.Object(locale),
  success: { status: 200, streams: [eventStream], description: 'Events, until the access token ends.' },
})

export const UpdateNotification = defineRoute({
  operationId: 'updateNotification',
  service: 'workers',
  method: 'PATCH',
  path: '/v1/me/notifications/:notification',
  summary: 'Mark one as read, or as unread again.',
  auth: 'user',
  params: Type.Object({ notification: NotificationId }),
  query: Type.Object(locale),
  body: Type.Object({ read: Type.Boolean() }),
  example: { read: true },
  success: { status: 200, body: Notification, description: 'The notification.' },
  problems: ['not_found'],
})

export const ReadAllNotifications = defineRoute({
  operationId: 'readAllNotifications',
  service: 'workers',
  method: 'POST',
  path: '/v1/me/notifications/read-all',
  summary: 'Mark everything as read, up to and including one notification where it is named.',
  auth: 'user',
  retryable: true,
  bodyIsOptional: true,
  body: Type.Object({ up_to: Type.Optional(NotificationId) }),
  success: { status: 200, body: Type.Object({ count: Type.Integer() }), description: 'How many were unread.' },
})

const Preference = Type.Object({
  kind: NotificationKind,
  /** Shown inside the product. */
  in_app: Type.Boolean(),
  /** Named in the daily mail, while it is unread. */
  digest: Type.Boolean(),
  /** About the security of the account: `in_app` cannot be turned off. */
  required: Type.Boolean(),
})
export const NotificationPreferences = Type.Object({ kinds: Type.Array(Preference) })
export type NotificationPreferences = Static<typeof NotificationPreferences>

export const GetNotificationPreferences = defineRoute({
  operationId: 'getNotificationPreferences',
  service: 'workers',
  method: 'GET',
  path: '/v1/me/notification-preferences',
  summary: 'Which kinds of notification one wants, and by which channel.',
  auth: 'user',
  success: { status: 200, body: NotificationPreferences, description: 'Every kind there is.' },
})

export const UpdateNotificationPreferences = defineRoute({
  operationId: 'updateNotificationPreferences',
  service: 'workers',
  method: 'PATCH',
  path: '/v1/me/notification-preferences',
  summary: 'Change some of them; kinds and channels that are not named stay as they are.',
  auth: 'user',
  retryable: true,
  body: Type.Object({
    kinds: Type.Array(
      Type.Object({
        kind: NotificationKind,
        in_app: Type.Optional(Type.Boolean()),
        digest: Type.Optional(Type.Boolean()),
      }),
      { minItems: 1, maxItems: 50 },
    ),
  }),
  example: { kinds: [{ kind: 'membership.joined', in_app: true, digest: true }] },
  success: { status: 200, body: NotificationPreferences, description: 'Every kind there is.' },
})
export type PreferenceChange = Static<typeof UpdateNotificationPreferences.body>['kinds'][number]

export const notificationRoutes: readonly RouteContract[] = [
  ListNotifications,
  StreamNotifications,
  UpdateNotification,
  ReadAllNotifications,
  GetNotificationPreferences,
  UpdateNotificationPreferences,
]
