/** Every route of authz, written out: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerCheckGrantableRoles } from './check-grantable-roles.ts'
import { registerCheckPermissions } from './check-permissions.ts'
import { registerCreatePolicy } from './create-policy.ts'
import { registerCreateRole } from './create-role.ts'
import { registerDeletePolicyDraft } from './delete-policy-draft.ts'
import { registerDeletePolicy } from './delete-policy.ts'
import { registerDeleteRole } from './delete-role.ts'
import { registerEvaluateMany } from './evaluate-many.ts'
import { registerDiffPolicyVersions } from './diff-policy-versions.ts'
import { registerEvaluate } from './evaluate.ts'
import { registerGetAuthzenConfiguration } from './get-authzen-configuration.ts'
import { registerGetCatalog } from './get-catalog.ts'
import { registerGetMemberRoles } from './get-member-roles.ts'
import { registerGetPolicyDraft } from './get-policy-draft.ts'
import { registerGetPolicyVersion } from './get-policy-version.ts'
import { registerGetPolicy } from './get-policy.ts'
import { registerGetRole } from './get-role.ts'
import { registerListPolicies } from './list-policies.ts'
import { registerListPolicyVersions } from './list-policy-versions.ts'
import { registerListRoles } from './list-roles.ts'
import { registerPublishPolicy } from './publish-policy.ts'
import { registerPutApplication } from './put-application.ts'
import { registerSearchActions } from './search-actions.ts'
import { registerSearchResources } from './search-resources.ts'
import { registerSearchSubjects } from './search-subjects.ts'
import { registerPutPolicyDraft } from './put-policy-draft.ts'
import { registerRollbackPolicy } from './rollback-policy.ts'
import { registerSetMemberRoles } from './set-member-roles.ts'
import { registerUpdatePolicy } from './update-policy.ts'
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
  registerGetPolicy,
  registerUpdatePolicy,
  registerDeletePolicy,
  registerGetPolicyDraft,
  registerPutPolicyDraft,
  registerDeletePolicyDraft,
  registerPublishPolicy,
  registerListPolicyVersions,
  registerGetPolicyVersion,
  registerDiffPolicyVersions,
  registerRollbackPolicy,
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
