/** Every route of authz, written out: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerCheckGrantableRoles } from './check-grantable-roles.ts'
import { registerCheckPermissions } from './check-permissions.ts'
import { registerCreatePolicy } from './create-policy.ts'
import { registerCreateRole } from './create-role.ts'
import { registerDeletePolicy } from './delete-policy.ts'
import { registerDeleteRole } from './delete-role.ts'
import { registerEvaluateMany } from './evaluate-many.ts'
import { registerEvaluate } from './evaluate.ts'
import { registerGetAuthzenConfiguration } from './get-authzen-configuration.ts'
import { registerGetCatalog } from './get-catalog.ts'
import { registerGetMemberRoles } from './get-member-roles.ts'
import { registerGetRole } from './get-role.ts'
import { registerListPolicies } from './list-policies.ts'
import { registerListRoles } from './list-roles.ts'
import { registerPutApplication } from './put-application.ts'
import { registerSearchActions } from './search-actions.ts'
import { registerSearchResources } from './search-resources.ts'
import { registerSearchSubjects } from './search-subjects.ts'
import { registerSetMemberRoles } from './set-member-roles.ts'
import { registerUpdateRole } from './update-role.ts'

type Register = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Register[] = [
  registerListRoles,
  registerCreateRole,
  registerGetRole,
  registerUpdateRole,
  registerDeleteRole,
  registerGetMemberRoles,
  registerSetMemberRoles,
  registerListPolicies,
  registerCreatePolicy,
  registerDeletePolicy,
  registerGetCatalog,
  registerPutApplication,
  registerEvaluate,
  registerEvaluateMany,
  registerSearchSubjects,
  registerSearchResources,
  registerSearchActions,
  registerGetAuthzenConfiguration,
]

/** For other services only. */
export const internalRoutes: readonly Register[] = [registerCheckPermissions, registerCheckGrantableRoles]
