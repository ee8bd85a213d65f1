/** Every route of orgs, by resource: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { accessRequestsRoutes } from './access-requests.ts'
import { domainsRoutes } from './domains.ts'
import { neighbourRoutes } from './internal.ts'
import { invitationsRoutes } from './invitations.ts'
import { membersRoutes } from './members.ts'
import { operatorsRoutes } from './operators.ts'
import { organizationsRoutes } from './organizations.ts'
import { settingsRoutes } from './settings.ts'

type Routes = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Routes[] = [
  organizationsRoutes,
  membersRoutes,
  invitationsRoutes,
  operatorsRoutes,
  settingsRoutes,
  accessRequestsRoutes,
  domainsRoutes,
]

/** For other services only. */
export const internalRoutes: readonly Routes[] = [neighbourRoutes]
