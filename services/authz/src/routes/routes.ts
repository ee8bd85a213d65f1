/** Every route of authz, by resource: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { assignmentsRoutes } from './assignments.ts'
import { authorizationManifestRoutes } from './authorization-manifest.ts'
import { catalogRoutes } from './catalog.ts'
import { entitiesRoutes } from './entities.ts'
import { evaluationRoutes } from './evaluation.ts'
import { explanationRoutes } from './explanation.ts'
import { groupsRoutes } from './groups.ts'
import { neighbourRoutes } from './internal.ts'
import { policiesRoutes } from './policies.ts'
import { policyLifecycleRoutes } from './policy-lifecycle.ts'
import { rolesRoutes } from './roles.ts'
import { searchRoutes } from './search.ts'
import { serviceAccountRolesRoutes } from './service-account-roles.ts'
import { simulationRoutes } from './simulation.ts'

type Routes = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Routes[] = [
  rolesRoutes,
  groupsRoutes,
  assignmentsRoutes,
  authorizationManifestRoutes,
  serviceAccountRolesRoutes,
  policiesRoutes,
  policyLifecycleRoutes,
  simulationRoutes,
  catalogRoutes,
  entitiesRoutes,
  evaluationRoutes,
  searchRoutes,
  explanationRoutes,
]

/** For other services only. */
export const internalRoutes: readonly Routes[] = [neighbourRoutes]
