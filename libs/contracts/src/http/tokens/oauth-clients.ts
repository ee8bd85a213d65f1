/**
 * Clients of the OpenID provider: applications people sign in to. An organization has its own, the platform has its
 * own.
 */
import Type from 'typebox'
import { OAuthClientId, OAuthClientSecretId, OrganizationId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute, type RouteContract } from '../contract.ts'
import {
  OAuthClientChange,
  NewClientSecret,
  NewOAuthClient,
  OAuthClient,
  PlatformOAuthClientChange,
  PlatformOAuthClientRegistration,
  OAuthClientRegistration,
} from './oauth-client.ts'

const example = { name: 'Wiki', redirect_uris: ['https://wiki.example.com/callback'] }

const organizations = '/v1/organizations/:org/oauth-clients'
const platform = '/v1/platform/oauth-clients'
const org = { org: OrganizationId }
const client = { client: OAuthClientId }
const secret = { ...client, secret: OAuthClientSecretId }

const inOrganization = { service: 'tokens', auth: 'organization', problems: ['forbidden'] } as const
const onPlatform = { service: 'tokens', auth: 'user', problems: ['forbidden'] } as const

const creates = {
  method: 'POST',
  idempotent: true,
  shownOnce: ['client_secret'],
  body: OAuthClientRegistration,
  example,
  success: { status: 201, body: NewOAuthClient, description: 'The client; its secret is shown this once.' },
  problems: ['forbidden', 'validation_failed'],
} as const
const lists = {
  method: 'GET',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(OAuthClient), description: 'The clients, without their secrets.' },
} as const
const gets = { method: 'GET', success: { status: 200, body: OAuthClient, description: 'The client.' } } as const
const updates = {
  method: 'PATCH',
  body: OAuthClientChange,
  success: { status: 200, body: OAuthClient, description: 'The client as it is now.' },
  problems: ['forbidden', 'validation_failed'],
} as const
const deletes = {
  method: 'DELETE',
  success: { status: 204, description: 'Gone, and so is each session it had.' },
} as const
const createsSecret = {
  method: 'POST',
  idempotent: true,
  shownOnce: ['client_secret'],
  success: { status: 201, body: NewClientSecret, description: 'The second secret, shown this once.' },
  problems: ['forbidden', 'conflict'],
} as const
const deletesSecret = {
  method: 'DELETE',
  success: { status: 204, description: 'The secret proves nothing any more.' },
} as const

export const CreateOAuthClient = defineRoute({
  ...inOrganization,
  ...creates,
  operationId: 'createOAuthClient',
  path: organizations,
  summary: 'Register an application of the organization, so that people can sign in to it.',
  params: Type.Object(org),
})
export const ListOAuthClients = defineRoute({
  ...inOrganization,
  ...lists,
  operationId: 'listOAuthClients',
  path: organizations,
  summary: 'The clients of the organization, newest first.',
  params: Type.Object(org),
})
export const GetOAuthClient = defineRoute({
  ...inOrganization,
  ...gets,
  operationId: 'getOAuthClient',
  path: `${organizations}/:client`,
  summary: 'One client of the organization.',
  params: Type.Object({ ...org, ...client }),
})
export const UpdateOAuthClient = defineRoute({
  ...inOrganization,
  ...updates,
  operationId: 'updateOAuthClient',
  path: `${organizations}/:client`,
  summary: 'Change, disable or enable a client. Disabling ends each session it has.',
  params: Type.Object({ ...org, ...client }),
})
export const DeleteOAuthClient = defineRoute({
  ...inOrganization,
  ...deletes,
  operationId: 'deleteOAuthClient',
  path: `${organizations}/:client`,
  summary: 'Delete a client.',
  params: Type.Object({ ...org, ...client }),
})
export const CreateOAuthClientSecret = defineRoute({
  ...inOrganization,
  ...createsSecret,
  operationId: 'createOAuthClientSecret',
  path: `${organizations}/:client/secrets`,
  summary: 'Make a second secret, so that one can be changed for the other. A client has at most two.',
  params: Type.Object({ ...org, ...client }),
})
export const DeleteOAuthClientSecret = defineRoute({
  ...inOrganization,
  ...deletesSecret,
  operationId: 'deleteOAuthClientSecret',
  path: `${organizations}/:client/secrets/:secret`,
  summary: 'Delete one secret of a client.',
  params: Type.Object({ ...org, ...secret }),
})

export const CreatePlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...creates,
  body: PlatformOAuthClientRegistration,
  operationId: 'createPlatformOAuthClient',
  path: platform,
  summary: 'Register an application of the platform, to which people of every organization can sign in.',
})
export const ListPlatformOAuthClients = defineRoute({
  ...onPlatform,
  ...lists,
  operationId: 'listPlatformOAuthClients',
  path: platform,
  summary: 'The clients of the platform, newest first.',
})
export const GetPlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...gets,
  operationId: 'getPlatformOAuthClient',
  path: `${platform}/:client`,
  summary: 'One client of the platform.',
  params: Type.Object(client),
})
export const UpdatePlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...updates,
  body: PlatformOAuthClientChange,
  operationId: 'updatePlatformOAuthClient',
  path: `${platform}/:client`,
  summary: 'Change, disable or enable a client of the platform. Disabling ends each session it has.',
  params: Type.Object(client),
})
export const DeletePlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...deletes,
  operationId: 'deletePlatformOAuthClient',
  path: `${platform}/:client`,
  summary: 'Delete a client of the platform.',
  params: Type.Object(client),
})
export const CreatePlatformOAuthClientSecret = defineRoute({
  ...onPlatform,
  ...createsSecret,
  operationId: 'createPlatformOAuthClientSecret',
  path: `${platform}/:client/secrets`,
  summary: 'Make a second secret of a client of the platform.',
  params: Type.Object(client),
})
export const DeletePlatformOAuthClientSecret = defineRoute({
  ...onPlatform,
  ...deletesSecret,
  operationId: 'deletePlatformOAuthClientSecret',
  path: `${platform}/:client/secrets/:secret`,
  summary: 'Delete one secret of a client of the platform.',
  params: Type.Object(secret),
})

export const oauthClientRoutes: readonly RouteContract[] = [
  CreateOAuthClient,
  ListOAuthClients,
  GetOAuthClient,
  UpdateOAuthClient,
  DeleteOAuthClient,
  CreateOAuthClientSecret,
  DeleteOAuthClientSecret,
  CreatePlatformOAuthClient,
  ListPlatformOAuthClients,
  GetPlatformOAuthClient,
  UpdatePlatformOAuthClient,
  DeletePlatformOAuthClient,
  CreatePlatformOAuthClientSecret,
  DeletePlatformOAuthClientSecret,
]
