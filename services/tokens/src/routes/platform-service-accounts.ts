/** Service accounts of the platform and their API keys. */
import {
  CreatePlatformApiKey,
  CreatePlatformServiceAccount,
  DeletePlatformServiceAccount,
  GetPlatformServiceAccount,
  ListPlatformApiKeys,
  ListPlatformServiceAccounts,
  RevokePlatformApiKey,
  RotatePlatformApiKey,
} from '@gatehouse/contracts/http/tokens/platform-service-accounts'
import type { UserCaller } from '@gatehouse/access/callers/caller'
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

const ofPlatform = (caller: UserCaller): OwnerScope => ({ kind: 'platform', caller })

export function platformServiceAccountsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreatePlatformServiceAccount, ({ caller, body }) =>
    createServiceAccount(deps, ofPlatform(caller), body),
  )
  bindRoute(app, ListPlatformServiceAccounts, ({ caller, query }) =>
    listServiceAccounts(deps, ofPlatform(caller), { limit: query.limit ?? 50, cursor: query.cursor }),
  )
  bindRoute(app, GetPlatformServiceAccount, ({ caller, params }) =>
    getServiceAccount(deps, ofPlatform(caller), params.service_account),
  )
  bindRoute(app, DeletePlatformServiceAccount, ({ caller, params, body }) =>
    deleteServiceAccount(deps, ofPlatform(caller), { id: params.service_account, reason: body.reason }),
  )
  bindRoute(app, CreatePlatformApiKey, ({ caller, params, body }) =>
    createApiKey(deps, ofPlatform(caller), {
      serviceAccountId: params.service_account,
      name: body.name,
      lifetimeDays: body.expires_in_days,
      permissions: undefined,
      reason: body.reason,
    }),
  )
  bindRoute(app, ListPlatformApiKeys, ({ caller, params, query }) =>
    listApiKeys(deps, ofPlatform(caller), {
      serviceAccountId: params.service_account,
      maker: query.maker,
      limit: query.limit ?? 50,
      cursor: query.cursor,
    }),
  )
  bindRoute(app, RotatePlatformApiKey, ({ caller, params, body }) =>
    rotateApiKey(deps, ofPlatform(caller), {
      id: params.key,
      serviceAccountId: params.service_account,
      lifetimeDays: body.expires_in_days,
      overlapHours: body.overlap_hours,
      reason: body.reason,
    }),
  )
  bindRoute(app, RevokePlatformApiKey, ({ caller, params, body }) =>
    revokeApiKey(deps, ofPlatform(caller), {
      id: params.key,
      serviceAccountId: params.service_account,
      reason: body.reason,
    }),
  )
}
