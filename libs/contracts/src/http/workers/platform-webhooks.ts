/**
 * Webhooks of the platform: an operator's endpoints, for all organizations, for what happens in none, or both. Whoever
 * changes one says why, for the audit trail.
 */
import Type from 'typebox'
import { WebhookDeliveryId, WebhookId } from '../../common/ids.ts'
import { defineRoute, type RouteContract } from '../contract.ts'
import {
  createsOfPlatform,
  deletesOfPlatform,
  getsDelivery,
  gets,
  listsDeliveries,
  lists,
  replays,
  replaysFailed,
  rotatesOfPlatform,
  tests,
  updatesOfPlatform,
} from './webhook.ts'

const ofWebhook = Type.Object({ webhook: WebhookId })
const ofDelivery = Type.Object({ webhook: WebhookId, delivery: WebhookDeliveryId })
const base = { service: 'workers', auth: 'user' } as const
const path = '/v1/platform/webhooks'

export const CreatePlatformWebhook = defineRoute({
  ...base,
  ...createsOfPlatform,
  operationId: 'createPlatformWebhook',
  path,
  summary: 'Add an endpoint. Its signing secret is in this answer and in no other. Platform administrators only.',
})

export const ListPlatformWebhooks = defineRoute({
  ...base,
  ...lists,
  operationId: 'listPlatformWebhooks',
  path,
  summary: 'The endpoints, newest first. Platform administrators only.',
})

export const GetPlatformWebhook = defineRoute({
  ...base,
  ...gets,
  operationId: 'getPlatformWebhook',
  path: `${path}/:webhook`,
  summary: 'One endpoint. Platform administrators only.',
  params: ofWebhook,
  problems: [...gets.problems, 'not_found'],
})

export const UpdatePlatformWebhook = defineRoute({
  ...base,
  ...updatesOfPlatform,
  operationId: 'updatePlatformWebhook',
  path: `${path}/:webhook`,
  summary:
    'Change an endpoint, disable it or enable it again. What waits for a disabled one is given up and can be ' +
    'replayed. Platform administrators only.',
  params: ofWebhook,
  problems: [...updatesOfPlatform.problems, 'not_found'],
})

export const DeletePlatformWebhook = defineRoute({
  ...base,
  ...deletesOfPlatform,
  operationId: 'deletePlatformWebhook',
  path: `${path}/:webhook`,
  summary: 'Remove an endpoint and its deliveries. Platform administrators only.',
  params: ofWebhook,
  problems: [...deletesOfPlatform.problems, 'not_found'],
})

export const RotatePlatformWebhookSecret = defineRoute({
  ...base,
  ...rotatesOfPlatform,
  operationId: 'rotatePlatformWebhookSecret',
  path: `${path}/:webhook/rotate-secret`,
  summary: 'Give an endpoint a new secret. For a day deliveries are signed with both. Platform administrators only.',
  params: ofWebhook,
  problems: [...rotatesOfPlatform.problems, 'not_found'],
})

export const TestPlatformWebhook = defineRoute({
  ...base,
  ...tests,
  operationId: 'testPlatformWebhook',
  path: `${path}/:webhook/test`,
  summary: 'Send the event `webhook.test` to an endpoint, whatever it listens to. Platform administrators only.',
  params: ofWebhook,
  problems: [...tests.problems, 'not_found'],
})

export const ListPlatformWebhookDeliveries = defineRoute({
  ...base,
  ...listsDeliveries,
  operationId: 'listPlatformWebhookDeliveries',
  path: `${path}/:webhook/deliveries`,
  summary: 'What was delivered to an endpoint in the last 30 days, newest first. Platform administrators only.',
  params: ofWebhook,
  problems: [...listsDeliveries.problems, 'not_found'],
})

export const GetPlatformWebhookDelivery = defineRoute({
  ...base,
  ...getsDelivery,
  operationId: 'getPlatformWebhookDelivery',
  path: `${path}/:webhook/deliveries/:delivery`,
  summary: 'One delivery with what was sent and what was answered. Platform administrators only.',
  params: ofDelivery,
  problems: [...getsDelivery.problems, 'not_found'],
})

export const ReplayPlatformWebhookDelivery = defineRoute({
  ...base,
  ...replays,
  operationId: 'replayPlatformWebhookDelivery',
  path: `${path}/:webhook/deliveries/:delivery/replay`,
  summary: 'Deliver once more, under the same `webhook-id`. Platform administrators only.',
  params: ofDelivery,
  problems: [...replays.problems, 'not_found'],
})

export const ReplayPlatformWebhookDeliveries = defineRoute({
  ...base,
  ...replaysFailed,
  operationId: 'replayPlatformWebhookDeliveries',
  path: `${path}/:webhook/replay`,
  summary:
    'Deliver the failed ones of a span of time once more, at most 1,000, oldest first. Platform administrators only.',
  params: ofWebhook,
  problems: [...replaysFailed.problems, 'not_found'],
})

export const platformWebhookRoutes: readonly RouteContract[] = [
  CreatePlatformWebhook,
  DeletePlatformWebhook,
  GetPlatformWebhook,
  GetPlatformWebhookDelivery,
  ListPlatformWebhookDeliveries,
  ListPlatformWebhooks,
  ReplayPlatformWebhookDeliveries,
  ReplayPlatformWebhookDelivery,
  RotatePlatformWebhookSecret,
  TestPlatformWebhook,
  UpdatePlatformWebhook,
]
