/**
 * Endpoints that an organization, or the platform where none is named, has events sent to. Their addresses and secrets
 * are in no event.
 */
import Type, { type Static } from 'typebox'
import { OrganizationId, UserId, WebhookDeliveryId, WebhookId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

const about = { webhook_id: WebhookId, organization_id: Type.Optional(OrganizationId) }
/** With the operator's reason, of the platform's. */
const changed = { ...about, reason: Type.Optional(Reason) }

export const WebhookCreated = {
  type: 'gatehouse.workers.webhook.created.v1',
  data: Type.Object({ ...changed, event_types: Type.Array(Type.String()) }),
} as const

/** Names of the changed fields, never their values. */
export const WebhookUpdated = {
  type: 'gatehouse.workers.webhook.updated.v1',
  data: Type.Object({ ...changed, changed: Type.Array(Type.String()) }),
} as const

/** For a while deliveries are signed with the secret before as well. */
export const WebhookSecretRotated = {
  type: 'gatehouse.workers.webhook.secret_rotated.v1',
  data: Type.Object(changed),
} as const

/** Somebody had deliveries made once more: one, or those of a span of time that had failed. */
export const WebhookReplayed = {
  type: 'gatehouse.workers.webhook.replayed.v1',
  data: Type.Object({ ...about, delivery_id: Type.Optional(WebhookDeliveryId), count: Type.Integer() }),
} as const

export const WebhookDeleted = {
  type: 'gatehouse.workers.webhook.deleted.v1',
  data: Type.Object(changed),
} as const

/** The endpoint is gone or has only failed for long, so nothing is sent to it any more. */
export const WebhookDisabled = {
  type: 'gatehouse.workers.webhook.disabled.v1',
  data: Type.Object({ ...about, made_by: Type.Optional(UserId) }),
} as const

export type WebhookDisabled = Static<typeof WebhookDisabled.data>

export const webhookEvents: readonly EventContract[] = [
  WebhookCreated,
  WebhookUpdated,
  WebhookSecretRotated,
  WebhookReplayed,
  WebhookDeleted,
  WebhookDisabled,
]
