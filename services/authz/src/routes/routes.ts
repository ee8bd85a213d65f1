/** Every route of authz, written out: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { registerAddGroupMember } from './add-group-member.ts'
import { registerApplyAuthorizationManifest } from './apply-authorization-manifest.ts'
import { registerCheckGrantableRoles } from './check-grantable-roles.ts'
import { registerCheckGrantableServiceAccount } from './check-grantable-service-account.ts'
import { registerCheckPermissions } from './check-permissions.ts'
import { registerCreateAssignment } from './create-assignment.ts'
import { registerCreateGroup } from './create-group.ts'
import { registerCreatePolicy } from './create-policy.ts'
import { registerCreateRole } from './create-role.ts'
import { registerDeleteAssignment } from './delete-assignment.ts'
import { registerDeleteEntity } from './delete-entity.ts'
import { registerDeleteGroup } from './delete-group.ts'
import { registerDeletePolicyDraft } from './delete-policy-draft.ts'
import { registerDeletePolicy } from './delete-policy.ts'
import { registerDeleteRole } from './delete-role.ts'
import { registerDiffAccess } from './diff-access.ts'
import { registerDiffPolicyVersions } from './diff-policy-versions.ts'
import { registerEvaluateMany } from './evaluate-many.ts'
import { registerEvaluate } from './evaluate.ts'
import { registerExplain } from './explain.ts'
import { registerGetApplication } from './get-application.ts'
import { registerGetAuthorizationManifest } from './get-authorization-manifest.ts'
import { registerGetAuthzenConfiguration } from './get-authzen-configuration.ts'
import { registerGetCatalog } from './get-catalog.ts'
import { registerGetEntity } from './get-entity.ts'
import { registerGetGroup } from './get-group.ts'
import { registerGetMemberRoles } from './get-member-roles.ts'
import { registerGetPolicyDraft } from './get-policy-draft.ts'
import { registerGetPolicyVersion } from './get-policy-version.ts'
import { registerGetPolicy } from './get-policy.ts'
import { registerGetRole } from './get-role.ts'
import { registerGetServiceAccountRoles } from './get-service-account-roles.ts'
import { registerListAssignments } from './list-assignments.ts'
import { registerListEntities } from './list-entities.ts'
import { registerListGroupMembers } from './list-group-members.ts'
import { registerListGroups } from './list-groups.ts'
import { registerListPolicies } from './list-policies.ts'
import { registerListPolicyVersions } from './list-policy-versions.ts'
import { registerListRoleVersions } from './list-role-versions.ts'
import { registerListRoles } from './list-roles.ts'
import { registerPlan } from './plan.ts'
import { registerPublishPolicy } from './publish-policy.ts'
import { registerPutApplication } from './put-application.ts'
import { registerPutEntity } from './put-entity.ts'
import { registerPutPolicyDraft } from './put-policy-draft.ts'
import { registerRemoveGroupMember } from './remove-group-member.ts'
import { registerRollbackPolicy } from './rollback-policy.ts'
import { registerSearchActions } from './search-actions.ts'
import { registerSearchResources } from './search-resources.ts'
import { registerSearchSubjects } from './search-subjects.ts'
import { registerSetMemberRoles } from './set-member-roles.ts'
import { registerSetServiceAccountRoles } from './set-service-account-roles.ts'
import { registerEndPolicyShadow } from './end-policy-shadow.ts'
import { registerGetPolicyShadow } from './get-policy-shadow.ts'
import { registerSimulate } from './simulate.ts'
import { registerSimulateApplication } from './simulate-application.ts'
import { registerStartPolicyShadow } from './start-policy-shadow.ts'
import { registerUpdateGroup } from './update-group.ts'
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
  registerListRoleVersions,
  registerGetMemberRoles,
  registerSetMemberRoles,
  registerListGroups,
  registerCreateGroup,
  registerGetGroup,
  registerUpdateGroup,
  registerDeleteGroup,
  registerListGroupMembers,
  registerAddGroupMember,
  registerRemoveGroupMember,
  registerListAssignments,
  registerCreateAssignment,
  registerDeleteAssignment,
  registerGetAuthorizationManifest,
  registerApplyAuthorizationManifest,
  registerGetServiceAccountRoles,
  registerSetServiceAccountRoles,
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
  registerStartPolicyShadow,
  registerGetPolicyShadow,
  registerEndPolicyShadow,
  registerGetCatalog,
  registerGetApplication,
  registerPutApplication,
  registerListEntities,
  registerGetEntity,
  registerPutEntity,
  registerDeleteEntity,
  registerEvaluate,
  registerEvaluateMany,
  registerSearchSubjects,
  registerSearchResources,
  registerSearchActions,
  registerExplain,
  registerPlan,
  registerSimulate,
  registerSimulateApplication,
  registerDiffAccess,
  registerGetAuthzenConfiguration,
]

/** For other services only. */
export const internalRoutes: readonly Register[] = [
  registerCheckPermissions,
  registerCheckGrantableServiceAccount,
  registerCheckGrantableRoles,
]
