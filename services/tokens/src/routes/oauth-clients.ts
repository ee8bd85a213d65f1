/** Clients of the OpenID provider: those of an organization, and the platform's. */
import {
  CreateOAuthClient,
  CreateOAuthClientSecret,
  CreatePlatformOAuthClient,
  CreatePlatformOAuthClientSecret,
  DeleteOAuthClient,
  DeleteOAuthClientSecret,
  DeletePlatformOAuthClient,
  DeletePlatformOAuthClientSecret,
  GetOAuthClient,
  GetPlatformOAuthClient,
  ListOAuthClients,
  ListPlatformOAuthClients,
  UpdateOAuthClient,
  UpdatePlatformOAuthClient,
} from '@gatehouse/contracts/http/tokens/oauth-clients'
import {
  CreateRegistrationToken,
  DeleteRegistrationToken,
  ListRegistrationTokens,
} from '@gatehouse/contracts/http/tokens/registration-tokens'
import type { OrgCaller, UserCaller } from '@gatehouse/access/callers/caller'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createClientSecret, deleteClientSecret } from '../use-cases/oauth-clients/client-secrets.ts'
import type { ClientScope } from '../use-cases/oauth-clients/client-scope.ts'
import { createClient } from '../use-cases/oauth-clients/create-client.ts'
import { getClient, listClients } from '../use-cases/oauth-clients/get-client.ts'
import { createToken, deleteToken, listTokens } from '../use-cases/oauth-clients/registration-tokens.ts'
import { deleteClient, updateClient } from '../use-cases/oauth-clients/update-client.ts'

const ofOrganization = (caller: OrgCaller): ClientScope => ({ kind: 'organization', caller })
const ofPlatform = (caller: UserCaller): ClientScope => ({ kind: 'platform', caller })
const pageIn = (query: { limit?: number; cursor?: string }) => ({ limit: query.limit ?? 50, cursor: query.cursor })

export function oauthClientsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateOAuthClient, ({ caller, body }) => createClient(deps, ofOrganization(caller), body))
  bindRoute(app, ListOAuthClients, ({ caller, query }) => listClients(deps, ofOrganization(caller), pageIn(query)))
  bindRoute(app, GetOAuthClient, ({ caller, params }) => getClient(deps, ofOrganization(caller), params.client))
  bindRoute(app, UpdateOAuthClient, ({ caller, params, body }) =>
    updateClient(deps, ofOrganization(caller), { id: params.client, change: body }),
  )
  bindRoute(app, DeleteOAuthClient, ({ caller, params }) => deleteClient(deps, ofOrganization(caller), params.client))
  bindRoute(app, CreateOAuthClientSecret, ({ caller, params }) =>
    createClientSecret(deps, ofOrganization(caller), params.client),
  )
  bindRoute(app, DeleteOAuthClientSecret, ({ caller, params }) =>
    deleteClientSecret(deps, ofOrganization(caller), { clientId: params.client, secretId: params.secret }),
  )
}

export function platformOAuthClientsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreatePlatformOAuthClient, ({ caller, body }) => createClient(deps, ofPlatform(caller), body))
  bindRoute(app, ListPlatformOAuthClients, ({ caller, query }) => listClients(deps, ofPlatform(caller), pageIn(query)))
  bindRoute(app, GetPlatformOAuthClient, ({ caller, params }) => getClient(deps, ofPlatform(caller), params.client))
  bindRoute(app, UpdatePlatformOAuthClient, ({ caller, params, body }) =>
    updateClient(deps, ofPlatform(caller), { id: params.client, change: body }),
  )
  bindRoute(app, DeletePlatformOAuthClient, ({ caller, params }) =>
    deleteClient(deps, ofPlatform(caller), params.client),
  )
  bindRoute(app, CreatePlatformOAuthClientSecret, ({ caller, params }) =>
    createClientSecret(deps, ofPlatform(caller), params.client),
  )
  bindRoute(app, DeletePlatformOAuthClientSecret, ({ caller, params }) =>
    deleteClientSecret(deps, ofPlatform(caller), { clientId: params.client, secretId: params.secret }),
  )
}

export function registrationTokensRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateRegistrationToken, ({ caller, body }) => createToken(deps, caller, body))
  bindRoute(app, ListRegistrationTokens, ({ caller, query }) => listTokens(deps, caller, pageIn(query)))
  bindRoute(app, DeleteRegistrationToken, ({ caller, params }) => deleteToken(deps, caller, params.registration_token))
}
