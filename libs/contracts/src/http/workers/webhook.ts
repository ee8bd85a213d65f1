/**
 * An endpoint of webhooks, what was delivered to it (Standard Webhooks 1.0), and what its routes have in common,
 * whether an organization or the platform owns it.
 */
import Type, { type Static } from 'typebox'
import { WebhookDeliveryId, WebhookId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant, Reason } from '../../common/scalars.ts'

const Nullable = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const Status = Type.Union([Type.Literal('active'), Type.Literal('disabled')])
const Url = Type.String({ minLength: 1, maxLength: 2048 })
const Description = Type.String({ maxLength: 200 })
/** `membership.removed`, everything about one kind of thing (`membership.*`), or everything (`*`). */
const EventTypes = Type.Array(Type.String({ pattern: '^(\\*|[a-z][a-z_]*\\.(\\*|[a-z][a-z_]*))$', maxLength: 100 }), {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
})

/** Where what a platform's endpoint hears of happens: in organizations, or in none (people, sessions, the platform). */
export const EventSource = Type.Union([Type.Literal('organizations'), Type.Literal('platform')])
export type EventSource = Static<typeof EventSource>
const Sources = Type.Array(EventSource, { minItems: 1, uniqueItems: true })

const webhook = {
  id: WebhookId,
  url: Type.String(),
  description: Type.String(),
  event_types: Type.Array(Type.String()),
  status: Status,
  /** Why it is disabled, when nobody of its owners did it. */
  disabled_reason: Nullable(Type.String()),
  /** Until then each delivery is signed with the secret before the last rotation as well. */
  previous_secret_until: Nullable(Instant),
  created_at: Instant,
  updated_at: Instant,
  /** Of the platform's endpoints: an organization's hear of it alone. */
  sources: Type.Optional(Type.Array(EventSource)),
}
export const Webhook = Type.Object(webhook)
export type Webhook = Static<typeof Webhook>

const State = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('pending'),
  Type.Literal('delivered'),
  Type.Literal('failed'),
])

export const WebhookDelivery = Type.Object({
  /** The `webhook-id` of every attempt. */
  id: WebhookDeliveryId,
  event_type: Type.String(),
  /** `waiting`: behind an earlier one about the same thing. */
  state: State,
  attempts: Type.Integer(),
  last_status: Nullable(Type.Integer()),
  last_error: Nullable(Type.String()),
  created_at: Instant,
  settled_at: Nullable(Instant),
})
export type WebhookDelivery = Static<typeof WebhookDelivery>

const Attempt = Type.Object({
  at: Instant,
  duration_ms: Type.Integer(),
  status: Nullable(Type.Integer()),
  /** The beginning of what the endpoint answered. */
  response_body: Nullable(Type.String()),
  error: Nullable(Type.String()),
})

export const WebhookDeliveryDetails = Type.Object({
  ...WebhookDelivery.properties,
  request_body: Type.Record(Type.String(), Type.Unknown()),
  log: Type.Array(Attempt),
})
export type WebhookDeliveryDetails = Static<typeof WebhookDeliveryDetails>

const NewWebhook = Type.Object({ url: Url, event_types: EventTypes, description: Type.Optional(Description) })
const Changes = Type.Object({
  url: Type.Optional(Url),
  event_types: Type.Optional(EventTypes),
  description: Type.Optional(Description),
  status: Type.Optional(Status),
})
const withSecret = { ...webhook, secret: Type.String() }
const example = { url: 'https://hooks.example.com/gatehouse', event_types: ['membership.*'] }
const Queued = Type.Object({ delivery_id: WebhookDeliveryId })
const queued = { status: 202, body: Queued, description: 'It is on its way.' } as const

const creating = {
  method: 'POST',
  success: { status: 201, body: Type.Object(withSecret), description: 'The endpoint, with its secret (`whsec_…`).' },
  problems: ['forbidden', 'limit_reached'],
} as const
export const creates = { ...creating, body: NewWebhook, example } as const
export const createsOfPlatform = {
  ...creating,
  body: Type.Object({ ...NewWebhook.properties, sources: Type.Optional(Sources), reason: Reason }),
  example: {
    ...example,
    event_types: ['user.*', 'organization.*'],
    sources: ['organizations', 'platform'],
    reason: 'Ticket 4720: the data warehouse',
  },
} as const
export const lists = {
  method: 'GET',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Webhook), description: 'The endpoints.' },
  problems: ['forbidden'],
} as const
export const gets = {
  method: 'GET',
  success: { status: 200, body: Webhook, description: 'The endpoint.' },
  problems: ['forbidden'],
} as const
const updating = {
  method: 'PATCH',
  success: { status: 200, body: Webhook, description: 'The endpoint, changed.' },
  problems: ['forbidden'],
} as const
export const updates = { ...updating, body: Changes } as const
export const updatesOfPlatform = {
  ...updating,
  body: Type.Object({ ...Changes.properties, sources: Type.Optional(Sources), reason: Reason }),
  example: { status: 'disabled', reason: 'Ticket 4721: the receiver moves' },
} as const
export const deletes = {
  method: 'DELETE',
  success: { status: 204, description: 'It is gone.' },
  problems: ['forbidden'],
} as const
export const deletesOfPlatform = { ...deletes, query: Type.Object({ reason: Reason }) } as const
export const rotates = {
  method: 'POST',
  success: { status: 200, body: Type.Object(withSecret), description: 'The endpoint, with its new secret.' },
  problems: ['forbidden'],
} as const
export const rotatesOfPlatform = {
  ...rotates,
  body: Type.Object({ reason: Reason }),
  example: { reason: 'Ticket 4722: the secret stood in a log' },
} as const
export const tests = { method: 'POST', success: queued, problems: ['forbidden', 'conflict'] } as const
export const listsDeliveries = {
  method: 'GET',
  query: Type.Object({ ...PageQuery, state: Type.Optional(State) }),
  success: { status: 200, body: listOf(WebhookDelivery), description: 'The deliveries.' },
  problems: ['forbidden'],
} as const
export const getsDelivery = {
  method: 'GET',
  success: { status: 200, body: WebhookDeliveryDetails, description: 'The delivery.' },
  problems: ['forbidden'],
} as const
export const replays = { method: 'POST', success: queued, problems: ['forbidden', 'conflict'] } as const
export const replaysFailed = {
  method: 'POST',
  body: Type.Object({ from: Instant, to: Instant }),
  success: { status: 202, body: Type.Object({ count: Type.Integer() }), description: 'They are on their way.' },
  problems: ['forbidden', 'conflict'],
} as const
