/** Service accounts of an organization and their API keys. */
import {
  CreateApiKey,
  CreateServiceAccount,
  DeleteServiceAccount,
  GetServiceAccount,
  ListApiKeys,
  ListServiceAccounts,
  RevokeApiKey,
  UpdateServiceAccount,
} from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createApiKey } from '../use-cases/service-accounts/create-api-key.ts'
import { createServiceAccount } from '../use-cases/service-accounts/create-service-account.ts'
import { deleteServiceAccount } from '../use-cases/service-accounts/delete-service-account.ts'
import { getServiceAccount, listServiceAccounts } from '../use-cases/service-accounts/get-service-account.ts'
import { listApiKeys } from '../use-cases/service-accounts/list-api-keys.ts'
import { revokeApiKey } from '../use-cases/service-accounts/revoke-api-key.ts'
import { updateServiceAccount } from '../use-cases/service-accounts/update-service-account.ts'

export function serviceAccountsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateServiceAccount, ({ caller, body }) => createServiceAccount(deps, caller, body))
  bindRoute(app, ListServiceAccounts, ({ caller, query }) =>
    listServiceAccounts(deps, caller, { limit: query.limit ?? 50, cursor: query.cursor }),
  )
  bindRoute(app, GetServiceAccount, ({ caller, params }) => getServiceAccount(deps, caller, params.service_account))
  bindRoute(app, UpdateServiceAccount, ({ caller, params, body }) =>
    updateServiceAccount(deps, caller, { id: params.service_account, name: body.name, status: body.status }),
  )
  bindRoute(app, DeleteServiceAccount, ({ caller, params }) =>
    deleteServiceAccount(deps, caller, params.service_account),
  )
  bindRoute(app, CreateApiKey, ({ caller, params, body }) =>
    createApiKey(deps, caller, {
      serviceAccountId: params.service_account,
      name: body.name,
      lifetimeDays: body.expires_in_days,
      scope: body.permissions,
    }),
  )
  bindRoute(app, ListApiKeys, ({ caller, params, query }) =>
    listApiKeys(deps, caller, {
      serviceAccountId: params.service_account,
      limit: query.limit ?? 50,
      cursor: query.cursor,
    }),
  )
  bindRoute(app, RevokeApiKey, ({ caller, params }) =>
    revokeApiKey(deps, caller, { id: params.key, serviceAccountId: params.service_account }),
  )
}
