/** The events of clients, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import {
  OAuthClientCreated,
  OAuthClientDeleted,
  OAuthClientUpdated,
} from '@gatehouse/contracts/events/tokens/oauth-client'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { OAuthClient } from '../../store/oauth-clients.ts'

const about = (client: OAuthClient, actor: Actor) => ({
  aggregateType: 'oauth_client',
  aggregateId: client.documentReference ?? client.id,
  version: client.version,
  ...(client.orgId !== null && { orgId: client.orgId }),
  actor,
})
const idsOf = (client: OAuthClient) => ({ client_id: client.id, organization_id: client.orgId })
const originsOf = (client: OAuthClient) => ({
  allowed_origins: client.allowedOrigins,
  first_party: client.isFirstParty,
})

export const announceClientCreated = (tx: Queryable, client: OAuthClient, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: OAuthClientCreated,
    ...about(client, actor),
    data: { ...idsOf(client), ...originsOf(client), status: 'active' },
  })

export const announceClientUpdated = (
  tx: Queryable,
  o: { client: OAuthClient; changed: string[]; secretId?: string; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: OAuthClientUpdated,
    ...about(o.client, o.actor),
    data: {
      ...idsOf(o.client),
      ...originsOf(o.client),
      status: o.client.status === 'active' ? 'active' : 'disabled',
      changed: o.changed,
      ...(o.secretId !== undefined && { secret_id: o.secretId }),
    },
  })

export const announceClientDeleted = (tx: Queryable, client: OAuthClient, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: OAuthClientDeleted,
    ...about(client, actor),
    data: { ...idsOf(client), status: 'deleted' },
  })
