/** Every route of tokens, by resource: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { neighbourRoutes } from './internal.ts'
import { authorizationsForPagesRoutes, authorizationsRoutes } from './authorizations.ts'
import { browserSessionsRoutes } from './browser-sessions.ts'
import { deviceAuthorizationsRoutes } from './device-authorizations.ts'
import { consentsRoutes } from './consents.ts'
import { impersonationRoutes } from './impersonation.ts'
import { oauthClientsRoutes, platformOAuthClientsRoutes, registrationTokensRoutes } from './oauth-clients.ts'
import { openidProviderRoutes } from './openid-provider.ts'
import { platformServiceAccountsRoutes } from './platform-service-accounts.ts'
import { signingKeysRoutes } from './signing-keys.ts'
import { serviceAccountsRoutes } from './service-accounts.ts'
import { sessionsRoutes } from './sessions.ts'

type Routes = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Routes[] = [
  sessionsRoutes,
  serviceAccountsRoutes,
  platformServiceAccountsRoutes,
  oauthClientsRoutes,
  platformOAuthClientsRoutes,
  registrationTokensRoutes,
  authorizationsRoutes,
  consentsRoutes,
  signingKeysRoutes,
  impersonationRoutes,
  openidProviderRoutes,
]

/** For other services only. */
export const internalRoutes: readonly Routes[] = [
  neighbourRoutes,
  browserSessionsRoutes,
  authorizationsForPagesRoutes,
  deviceAuthorizationsRoutes,
]
