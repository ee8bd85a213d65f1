/** Webhooks of an organization: its endpoints, and what was delivered to them. */
import Type from 'typebox'
import { OrganizationId, WebhookDeliveryId, WebhookId } from '../../common/ids.ts'
import { defineRoute, type RouteContract } from '../contract.ts'
import {
  creates,
  deletes,
  gets,
  getsDelivery,
  lists,
  listsDeliveries,
  replays,
  replaysFailed,
  rotates,
  tests,
  updates,
} from './webhook.ts'

const ofOrganization = Type.Object({ org: OrganizationId })
const ofWebhook = Type.Object({ org: OrganizationId, webhook: WebhookId })
const ofDelivery = Type.Object({ org: OrganizationId, webhook: WebhookId, delivery: WebhookDeliveryId })
const base = { service: 'workers', auth: 'organization' } as const
const path = '/v1/organizations/:org/webhooks'

export const CreateWebhook = defineRoute({
  ...base,
  ...creates,
  operationId: 'createWebhook',
  path,
  summary: 'Add an endpoint. Its signing secret is in this answer and in no other.',
  params: ofOrganization,
})

export const ListWebhooks = defineRoute({
  ...base,
  ...lists,
  operationId: 'listWebhooks',
  path,
  summary: 'The endpoints, newest first.',
  params: ofOrganization,
})

export const GetWebhook = defineRoute({
  ...base,
  ...gets,
  operationId: 'getWebhook',
  path: `${path}/:webhook`,
  summary: 'One endpoint.',
  params: ofWebhook,
})

export const UpdateWebhook = defineRoute({
  ...base,
  ...updates,
  operationId: 'updateWebhook',
  path: `${path}/:webhook`,
  summary:
    'Change an endpoint, disable it or enable it again. What waits for a disabled one is given up and can be replayed.',
  params: ofWebhook,
})

export const DeleteWebhook = defineRoute({
  ...base,
  ...deletes,
  operationId: 'deleteWebhook',
  path: `${path}/:webhook`,
  summary: 'Remove an endpoint and its deliveries.',
  params: ofWebhook,
})

export const RotateWebhookSecret = defineRoute({
  ...base,
  ...rotates,
  operationId: 'rotateWebhookSecret',
  path: `${path}/:webhook/rotate-secret`,
  summary: 'Give an endpoint a new secret. For a day deliveries are signed with both.',
  params: ofWebhook,
})

export const TestWebhook = defineRoute({
  ...base,
  ...tests,
  operationId: 'testWebhook',
  path: `${path}/:webhook/test`,
  summary: 'Send the event `webhook.test` to an endpoint, whatever it listens to.',
  params: ofWebhook,
})

export const ListWebhookDeliveries = defineRoute({
  ...base,
  ...listsDeliveries,
  operationId: 'listWebhookDeliveries',
  path: `${path}/:webhook/deliveries`,
  summary: 'What was delivered to an endpoint in the last 30 days, newest first.',
  params: ofWebhook,
})

export const GetWebhookDelivery = defineRoute({
  ...base,
  ...getsDelivery,
  operationId: 'getWebhookDelivery',
  path: `${path}/:webhook/deliveries/:delivery`,
  summary: 'One delivery with what was sent and what was answered.',
  params: ofDelivery,
})

export const ReplayWebhookDelivery = defineRoute({
  ...base,
  ...replays,
  operationId: 'replayWebhookDelivery',
  path: `${path}/:webhook/deliveries/:delivery/replay`,
  summary: 'Deliver once more, under the same `webhook-id`.',
  params: ofDelivery,
})

export const ReplayWebhookDeliveries = defineRoute({
  ...base,
  ...replaysFailed,
  operationId: 'replayWebhookDeliveries',
  path: `${path}/:webhook/replay`,
  summary: 'Deliver the failed ones of a span of time once more, at most 1,000, oldest first.',
  params: ofWebhook,
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
