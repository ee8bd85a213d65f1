/** Service accounts of an organization and their API keys. */
import {
  CreateApiKey,
  CreateServiceAccount,
  DeleteServiceAccount,
  GetServiceAccount,
  ListApiKeys,
  ListServiceAccounts,
  RevokeApiKey,
  RotateApiKey,
  UpdateServiceAccount,
} from '@gatehouse/contracts/http/tokens/service-accounts'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import type { OwnerScope } from '../use-cases/owner-scope.ts'
import { createApiKey } from '../use-cases/service-accounts/create-api-key.ts'
import { createServiceAccount } from '../use-cases/service-accounts/create-service-account.ts'
import { deleteServiceAccount } from '../use-cases/service-accounts/delete-service-account.ts'
import { getServiceAccount, listServiceAccounts } from '../use-cases/service-accounts/get-service-account.ts'
import { listApiKeys } from '../use-cases/service-accounts/list-api-keys.ts'
import { revokeApiKey } from '../use-cases/service-accounts/revoke-api-key.ts'
import { rotateApiKey } from '../use-cases/service-accounts/rotate-api-key.ts'
import { updateServiceAccount } from '../use-cases/service-accounts/update-service-account.ts'

const ofOrganization = (caller: OrgCaller): OwnerScope => ({ kind: 'organization', caller })

export function serviceAccountsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateServiceAccount, ({ caller, body }) => createServiceAccount(deps, ofOrganization(caller), body))
  bindRoute(app, ListServiceAccounts, ({ caller, query }) =>
    listServiceAccounts(deps, ofOrganization(caller), { limit: query.limit ?? 50, cursor: query.cursor }),
  )
  bindRoute(app, GetServiceAccount, ({ caller, params }) =>
    getServiceAccount(deps, ofOrganization(caller), params.service_account),
  )
  bindRoute(app, UpdateServiceAccount, ({ caller, params, body }) =>
    updateServiceAccount(deps, caller, { id: params.service_account, name: body.name, status: body.status }),
  )
  bindRoute(app, DeleteServiceAccount, ({ caller, params }) =>
    deleteServiceAccount(deps, ofOrganization(caller), { id: params.service_account }),
  )
  bindRoute(app, CreateApiKey, ({ caller, params, body }) =>
    createApiKey(deps, ofOrganization(caller), {
      serviceAccountId: params.service_account,
      name: body.name,
      lifetimeDays: body.expires_in_days,
      permissions: body.permissions,
    }),
  )
  bindRoute(app, ListApiKeys, ({ caller, params, query }) =>
    listApiKeys(deps, ofOrganization(caller), {
      serviceAccountId: params.service_account,
      maker: query.maker,
      limit: query.limit ?? 50,
      cursor: query.cursor,
    }),
  )
  bindRoute(app, RotateApiKey, ({ caller, params, body }) =>
    rotateApiKey(deps, ofOrganization(caller), {
      id: params.key,
      serviceAccountId: params.service_account,
      lifetimeDays: body.expires_in_days,
      overlapHours: body.overlap_hours,
    }),
  )
  bindRoute(app, RevokeApiKey, ({ caller, params }) =>
    revokeApiKey(deps, ofOrganization(caller), { id: params.key, serviceAccountId: params.service_account }),
  )
}
