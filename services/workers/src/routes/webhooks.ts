/** Webhooks of an organization, and of the platform. */
import * as platform from '@gatehouse/contracts/http/workers/platform-webhooks'
import * as contracts from '@gatehouse/contracts/http/workers/webhooks'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateWebhookSecret,
  updateWebhook,
} from '../use-cases/webhooks/manage-webhooks.ts'
import {
  getDelivery,
  listDeliveries,
  replayDelivery,
  replayFailed,
  testWebhook,
} from '../use-cases/webhooks/read-deliveries.ts'
import { ofOrganization, ofPlatform, type WebhookDeps } from '../use-cases/webhooks/webhook-reach.ts'

export function webhookRoutes(app: FastifyInstance, deps: WebhookDeps): void {
  bindRoute(app, contracts.CreateWebhook, async ({ caller, body: { event_types: eventTypes, ...body } }) =>
    createWebhook(deps, await ofOrganization(deps, caller, 'write'), { ...body, eventTypes }),
  )
  bindRoute(app, contracts.ListWebhooks, async ({ caller, query }) =>
    listWebhooks(deps, await ofOrganization(deps, caller, 'read'), query),
  )
  bindRoute(app, contracts.GetWebhook, async ({ caller, params }) =>
    getWebhook(deps, await ofOrganization(deps, caller, 'read'), params.webhook),
  )
  bindRoute(app, contracts.UpdateWebhook, async ({ caller, params, body: { event_types: eventTypes, ...body } }) =>
    updateWebhook(deps, await ofOrganization(deps, caller, 'write'), {
      id: params.webhook,
      ...body,
      ...(eventTypes && { eventTypes }),
    }),
  )
  bindRoute(app, contracts.DeleteWebhook, async ({ caller, params }) =>
    deleteWebhook(deps, await ofOrganization(deps, caller, 'write'), params.webhook),
  )
  bindRoute(app, contracts.RotateWebhookSecret, async ({ caller, params }) =>
    rotateWebhookSecret(deps, await ofOrganization(deps, caller, 'write'), params.webhook),
  )
  bindRoute(app, contracts.TestWebhook, async ({ caller, params }) =>
    testWebhook(deps, await ofOrganization(deps, caller, 'write'), params.webhook),
  )
  bindRoute(app, contracts.ListWebhookDeliveries, async ({ caller, params, query }) =>
    listDeliveries(deps, await ofOrganization(deps, caller, 'read'), { endpointId: params.webhook, ...query }),
  )
  bindRoute(app, contracts.GetWebhookDelivery, async ({ caller, params }) =>
    getDelivery(deps, await ofOrganization(deps, caller, 'read'), { endpointId: params.webhook, id: params.delivery }),
  )
  bindRoute(app, contracts.ReplayWebhookDelivery, async ({ caller, params }) =>
    replayDelivery(deps, await ofOrganization(deps, caller, 'write'), {
      endpointId: params.webhook,
      id: params.delivery,
    }),
  )
  bindRoute(app, contracts.ReplayWebhookDeliveries, async ({ caller, params, body }) =>
    replayFailed(deps, await ofOrganization(deps, caller, 'write'), { endpointId: params.webhook, ...body }),
  )
}

export function platformWebhookRoutes(app: FastifyInstance, deps: WebhookDeps): void {
  bindRoute(
    app,
    platform.CreatePlatformWebhook,
    async ({ caller, body: { event_types: eventTypes, reason, ...body } }) =>
      createWebhook(deps, await ofPlatform(deps, caller, { reason }), { ...body, eventTypes }),
  )
  bindRoute(app, platform.ListPlatformWebhooks, async ({ caller, query }) =>
    listWebhooks(deps, await ofPlatform(deps, caller, 'read'), query),
  )
  bindRoute(app, platform.GetPlatformWebhook, async ({ caller, params }) =>
    getWebhook(deps, await ofPlatform(deps, caller, 'read'), params.webhook),
  )
  bindRoute(
    app,
    platform.UpdatePlatformWebhook,
    async ({ caller, params, body: { event_types: eventTypes, reason, ...body } }) =>
      updateWebhook(deps, await ofPlatform(deps, caller, { reason }), {
        id: params.webhook,
        ...body,
        ...(eventTypes && { eventTypes }),
      }),
  )
  bindRoute(app, platform.DeletePlatformWebhook, async ({ caller, params, query: { reason } }) =>
    deleteWebhook(deps, await ofPlatform(deps, caller, { reason }), params.webhook),
  )
  bindRoute(app, platform.RotatePlatformWebhookSecret, async ({ caller, params, body: { reason } }) =>
    rotateWebhookSecret(deps, await ofPlatform(deps, caller, { reason }), params.webhook),
  )
  bindRoute(app, platform.TestPlatformWebhook, async ({ caller, params }) =>
    testWebhook(deps, await ofPlatform(deps, caller, 'write'), params.webhook),
  )
  bindRoute(app, platform.ListPlatformWebhookDeliveries, async ({ caller, params, query }) =>
    listDeliveries(deps, await ofPlatform(deps, caller, 'read'), { endpointId: params.webhook, ...query }),
  )
  bindRoute(app, platform.GetPlatformWebhookDelivery, async ({ caller, params }) =>
    getDelivery(deps, await ofPlatform(deps, caller, 'read'), { endpointId: params.webhook, id: params.delivery }),
  )
  bindRoute(app, platform.ReplayPlatformWebhookDelivery, async ({ caller, params }) =>
    replayDelivery(deps, await ofPlatform(deps, caller, 'write'), { endpointId: params.webhook, id: params.delivery }),
  )
  bindRoute(app, platform.ReplayPlatformWebhookDeliveries, async ({ caller, params, body }) =>
    replayFailed(deps, await ofPlatform(deps, caller, 'write'), { endpointId: params.webhook, ...body }),
  )
}
