/** Webhooks of an organization: its endpoints, and what was delivered to them (Standard Webhooks 1.0). */
import Type, { type Static } from 'typebox'
import { OrganizationId, WebhookDeliveryId, WebhookId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute, type RouteContract } from '../contract.ts'

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

const webhook = {
  id: WebhookId,
  url: Type.String(),
  description: Type.String(),
  event_types: Type.Array(Type.String()),
  status: Status,
  /** Why it is disabled, when nobody of the organization did it. */
  disabled_reason: Nullable(Type.String()),
  /** Until then each delivery is signed with the secret before the last rotation as well. */
  previous_secret_until: Nullable(Instant),
  created_at: Instant,
  updated_at: Instant,
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

const ofOrganization = Type.Object({ org: OrganizationId })
const ofWebhook = Type.Object({ org: OrganizationId, webhook: WebhookId })
const ofDelivery = Type.Object({ org: OrganizationId, webhook: WebhookId, delivery: WebhookDeliveryId })
const base = { service: 'workers', auth: 'organization' } as const
const path = '/v1/organizations/:org/webhooks'

export const CreateWebhook = defineRoute({
  ...base,
  operationId: 'createWebhook',
  method: 'POST',
  path,
  summary: 'Add an endpoint. Its signing secret is in this answer and in no other.',
  params: ofOrganization,
  body: Type.Object({ url: Url, event_types: EventTypes, description: Type.Optional(Description) }),
  example: { url: 'https://hooks.example.com/gatehouse', event_types: ['membership.*'] },
  success: {
    status: 201,
    body: Type.Object({ ...webhook, secret: Type.String() }),
    description: 'The endpoint, with its secret (`whsec_…`).',
  },
  problems: ['forbidden', 'limit_reached'],
})

export const ListWebhooks = defineRoute({
  ...base,
  operationId: 'listWebhooks',
  method: 'GET',
  path,
  summary: 'The endpoints, newest first.',
  params: ofOrganization,
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Webhook), description: 'The endpoints.' },
  problems: ['forbidden'],
})

export const GetWebhook = defineRoute({
  ...base,
  operationId: 'getWebhook',
  method: 'GET',
  path: `${path}/:webhook`,
  summary: 'One endpoint.',
  params: ofWebhook,
  success: { status: 200, body: Webhook, description: 'The endpoint.' },
  problems: ['forbidden'],
})

export const UpdateWebhook = defineRoute({
  ...base,
  operationId: 'updateWebhook',
  method: 'PATCH',
  path: `${path}/:webhook`,
  summary:
    'Change an endpoint, disable it or enable it again. What waits for a disabled one is given up and can be replayed.',
  params: ofWebhook,
  body: Type.Object({
    url: Type.Optional(Url),
    event_types: Type.Optional(EventTypes),
    description: Type.Optional(Description),
    status: Type.Optional(Status),
  }),
  success: { status: 200, body: Webhook, description: 'The endpoint, changed.' },
  problems: ['forbidden'],
})

export const DeleteWebhook = defineRoute({
  ...base,
  operationId: 'deleteWebhook',
  method: 'DELETE',
  path: `${path}/:webhook`,
  summary: 'Remove an endpoint and its deliveries.',
  params: ofWebhook,
  success: { status: 204, description: 'It is gone.' },
  problems: ['forbidden'],
})

export const RotateWebhookSecret = defineRoute({
  ...base,
  operationId: 'rotateWebhookSecret',
  method: 'POST',
  path: `${path}/:webhook/rotate-secret`,
  summary: 'Give an endpoint a new secret. For a day deliveries are signed with both.',
  params: ofWebhook,
  success: {
    status: 200,
    body: Type.Object({ ...webhook, secret: Type.String() }),
    description: 'The endpoint, with its new secret.',
  },
  problems: ['forbidden'],
})

const Queued = Type.Object({ delivery_id: WebhookDeliveryId })

export const TestWebhook = defineRoute({
  ...base,
  operationId: 'testWebhook',
  method: 'POST',
  path: `${path}/:webhook/test`,
  summary: 'Send the event `webhook.test` to an endpoint, whatever it listens to.',
  params: ofWebhook,
  success: { status: 202, body: Queued, description: 'It is on its way.' },
  problems: ['forbidden', 'conflict'],
})

export const ListWebhookDeliveries = defineRoute({
  ...base,
  operationId: 'listWebhookDeliveries',
  method: 'GET',
  path: `${path}/:webhook/deliveries`,
  summary: 'What was delivered to an endpoint in the last 30 days, newest first.',
  params: ofWebhook,
  query: Type.Object({ ...PageQuery, state: Type.Optional(State) }),
  success: { status: 200, body: listOf(WebhookDelivery), description: 'The deliveries.' },
  problems: ['forbidden'],
})

export const GetWebhookDelivery = defineRoute({
  ...base,
  operationId: 'getWebhookDelivery',
  method: 'GET',
  path: `${path}/:webhook/deliveries/:delivery`,
  summary: 'One delivery with what was sent and what was answered.',
  params: ofDelivery,
  success: { status: 200, body: WebhookDeliveryDetails, description: 'The delivery.' },
  problems: ['forbidden'],
})

export const ReplayWebhookDelivery = defineRoute({
  ...base,
  operationId: 'replayWebhookDelivery',
  method: 'POST',
  path: `${path}/:webhook/deliveries/:delivery/replay`,
  summary: 'Deliver once more, under the same `webhook-id`.',
  params: ofDelivery,
  success: { status: 202, body: Queued, description: 'It is on its way.' },
  problems: ['forbidden', 'conflict'],
})

export const ReplayWebhookDeliveries = defineRoute({
  ...base,
  operationId: 'replayWebhookDeliveries',
  method: 'POST',
  path: `${path}/:webhook/replay`,
  summary: 'Deliver the failed ones of a span of time once more, at most 1,000, oldest first.',
  params: ofWebhook,
  body: Type.Object({ from: Instant, to: Instant }),
  success: { status: 202, body: Type.Object({ count: Type.Integer() }), description: 'They are on their way.' },
  problems: ['forbidden', 'conflict'],
})

export const webhookRoutes: readonly RouteContract[] = [
  CreateWebhook,
  DeleteWebhook,
  GetWebhook,
  GetWebhookDelivery,
  ListWebhookDeliveries,
  ListWebhooks,
  ReplayWebhookDeliveries,
  ReplayWebhookDelivery,
  RotateWebhookSecret,
  TestWebhook,
  UpdateWebhook,
]
