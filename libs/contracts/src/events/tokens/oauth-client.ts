/** Clients of the OpenID provider. */
import Type, { type Static } from 'typebox'
import { ClientIdentifier, OAuthClientSecretId, OrganizationId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

const client = { client_id: ClientIdentifier, organization_id: Type.Union([OrganizationId, Type.Null()]) }

/**
 * Whose scripts may read the API (CORS), and whether they are the platform's own. Absent in events from before clients
 * had origins.
 */
const origins = {
  allowed_origins: Type.Optional(Type.Array(Type.String())),
  first_party: Type.Optional(Type.Boolean()),
}

/** An application was registered; people can sign in to it. */
export const OAuthClientCreated = {
  type: 'gatehouse.tokens.oauth_client.created.v1',
  data: Type.Object({ ...client, ...origins, status: Type.Literal('active') }),
} as const

export type OAuthClientCreated = Static<typeof OAuthClientCreated.data>

/** A client was changed, disabled or enabled; a secret is told by its id. */
export const OAuthClientUpdated = {
  type: 'gatehouse.tokens.oauth_client.updated.v1',
  data: Type.Object({
    ...client,
    ...origins,
    status: Type.Union([Type.Literal('active'), Type.Literal('disabled')]),
    changed: Type.Array(Type.String()),
    secret_id: Type.Optional(OAuthClientSecretId),
  }),
} as const

export type OAuthClientUpdated = Static<typeof OAuthClientUpdated.data>

/** A client is gone, with each session it had. */
export const OAuthClientDeleted = {
  type: 'gatehouse.tokens.oauth_client.deleted.v1',
  data: Type.Object({ ...client, status: Type.Literal('deleted') }),
} as const

export type OAuthClientDeleted = Static<typeof OAuthClientDeleted.data>

export const oauthClientEvents: readonly EventContract[] = [OAuthClientCreated, OAuthClientUpdated, OAuthClientDeleted]
