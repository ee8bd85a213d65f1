/** Every route of tokens, written out: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerCreateApiKey } from './create-api-key.ts'
import { registerCreateServiceAccount } from './create-service-account.ts'
import { registerDeleteServiceAccount } from './delete-service-account.ts'
import { registerEndMyOtherSessions } from './end-my-other-sessions.ts'
import { registerEndMySession } from './end-my-session.ts'
import { registerExchangeApiKey } from './exchange-api-key.ts'
import { registerGetInternalJwks, registerGetJwks } from './get-jwks.ts'
import { registerGetServiceAccount } from './get-service-account.ts'
import { registerListApiKeys } from './list-api-keys.ts'
import { registerListMySessions } from './list-my-sessions.ts'
import { registerListServiceAccounts } from './list-service-accounts.ts'
import { registerLogout } from './logout.ts'
import { registerRefreshToken } from './refresh-token.ts'
import { registerRevokeApiKey } from './revoke-api-key.ts'
import { registerStartSession } from './start-session.ts'
import { registerUpdateServiceAccount } from './update-service-account.ts'

type Register = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Register[] = [
  registerRefreshToken,
  registerLogout,
  registerListMySessions,
  registerEndMySession,
  registerEndMyOtherSessions,
  registerCreateServiceAccount,
  registerListServiceAccounts,
  registerGetServiceAccount,
  registerUpdateServiceAccount,
  registerDeleteServiceAccount,
  registerCreateApiKey,
  registerListApiKeys,
  registerRevokeApiKey,
  registerGetJwks,
]

/** For other services only. */
export const internalRoutes: readonly Register[] = [
  registerStartSession,
  registerExchangeApiKey,
  registerGetInternalJwks,
]
