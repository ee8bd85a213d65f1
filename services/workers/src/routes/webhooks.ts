/** Webhooks of an organization. */
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
  type WebhookDeps,
} from '../use-cases/webhooks/manage-webhooks.ts'
import {
  getDelivery,
  listDeliveries,
  replayDelivery,
  replayFailed,
  testWebhook,
} from '../use-cases/webhooks/read-deliveries.ts'

export function webhookRoutes(app: FastifyInstance, deps: WebhookDeps): void {
  bindRoute(app, contracts.CreateWebhook, ({ caller, body: { event_types: eventTypes, ...body } }) =>
    createWebhook(deps, caller, { ...body, eventTypes }),
  )
  bindRoute(app, contracts.ListWebhooks, ({ caller, query }) => listWebhooks(deps, caller, query))
  bindRoute(app, contracts.GetWebhook, ({ caller, params }) => getWebhook(deps, caller, params.webhook))
  bindRoute(app, contracts.UpdateWebhook, ({ caller, params, body: { event_types: eventTypes, ...body } }) =>
    updateWebhook(deps, caller, { id: params.webhook, ...body, ...(eventTypes && { eventTypes }) }),
  )
  bindRoute(app, contracts.DeleteWebhook, ({ caller, params }) => deleteWebhook(deps, caller, params.webhook))
  bindRoute(app, contracts.RotateWebhookSecret, ({ caller, params }) =>
    rotateWebhookSecret(deps, caller, params.webhook),
  )
  bindRoute(app, contracts.TestWebhook, async ({ caller, params }) => ({
    delivery_id: await testWebhook(deps, caller, params.webhook),
  }))
  bindRoute(app, contracts.ListWebhookDeliveries, ({ caller, params, query }) =>
    listDeliveries(deps, caller, { endpointId: params.webhook, ...query }),
  )
  bindRoute(app, contracts.GetWebhookDelivery, ({ caller, params }) =>
    getDelivery(deps, caller, { endpointId: params.webhook, id: params.delivery }),
  )
  bindRoute(app, contracts.ReplayWebhookDelivery, async ({ caller, params }) => {
    await replayDelivery(deps, caller, { endpointId: params.webhook, id: params.delivery })
    return { delivery_id: params.delivery }
  })
  bindRoute(app, contracts.ReplayWebhookDeliveries, async ({ caller, params, body }) => ({
    count: await replayFailed(deps, caller, { endpointId: params.webhook, ...body }),
  }))
}
