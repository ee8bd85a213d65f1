/** Every public route, written out: the gateway proxies these and nothing else; OpenAPI and the cross-tenant sweep are made from this list. */
import { CreateAssignment, DeleteAssignment, ListAssignments } from './authz/assignments.ts'
import { ApplyAuthorizationManifest, GetAuthorizationManifest } from './authz/authorization-manifest.ts'
import { GetApplication, GetCatalog, PutApplication } from './authz/catalog.ts'
import { DeleteEntity, GetEntity, ListEntities, PutEntity } from './authz/entities.ts'
import { Evaluate, EvaluateMany, GetAuthzenConfiguration } from './authz/evaluation.ts'
import { DiffAccess, Explain, Plan } from './authz/explanation.ts'
import { AddGroupMember, CreateGroup, DeleteGroup, GetGroup, ListGroupMembers, ListGroups, RemoveGroupMember, UpdateGroup } from './authz/groups.ts'
import { CreatePolicy, DeletePolicy, GetPolicy, ListPolicies, UpdatePolicy } from './authz/policies.ts'
import { DeletePolicyDraft, DiffPolicyVersions, GetPolicyDraft, GetPolicyVersion, ListPolicyVersions, PublishPolicy, PutPolicyDraft, RollbackPolicy } from './authz/policy-lifecycle.ts'
import { CreateRole, DeleteRole, GetMemberRoles, GetRole, ListRoles, ListRoleVersions, SetMemberRoles, UpdateRole } from './authz/roles.ts'
import { SearchActions, SearchResources, SearchSubjects } from './authz/search.ts'
import { EndPolicyShadow, GetPolicyShadow, Simulate, SimulateApplication, StartPolicyShadow } from './authz/simulation.ts'
import { GetServiceAccountRoles, SetServiceAccountRoles } from './authz/service-account-roles.ts'
import type { RouteContract } from './contract.ts'
import { GetMe, Register, ResendVerification, UpdateMe, VerifyEmail } from './identity/account.ts'
import { AnswerChallenge, Login } from './identity/sign-in.ts'
import { AcceptInvitation, CreateInvitation, DeclineInvitation, ListInvitations, RevokeInvitation } from './orgs/invitations.ts'
import { CreateOrganization, GetOrganization, ListMembers, ListMyOrganizations, RemoveMember, UpdateMember, UpdateOrganization } from './orgs/organizations.ts'
import { CreateApiKey, CreateServiceAccount, DeleteServiceAccount, GetServiceAccount, ListApiKeys, ListServiceAccounts, RevokeApiKey, UpdateServiceAccount } from './tokens/service-accounts.ts'
import { EndMyOtherSessions, EndMySession, GetJwks, ListMySessions, Logout, RefreshToken } from './tokens/sessions.ts'
import { ListAuditEvents, ListMyActivity, ListPlatformAuditEvents } from './workers/audit-events.ts'

export const publicRoutes: readonly RouteContract[] = [
  Register,
  VerifyEmail,
  ResendVerification,
  Login,
  AnswerChallenge,
  RefreshToken,
  Logout,
  GetMe,
  UpdateMe,
  ListMySessions,
  EndMySession,
  EndMyOtherSessions,
  ListMyOrganizations,
  ListMyActivity,
  CreateOrganization,
  GetOrganization,
  UpdateOrganization,
  ListMembers,
  UpdateMember,
  RemoveMember,
  CreateInvitation,
  ListInvitations,
  RevokeInvitation,
  AcceptInvitation,
  DeclineInvitation,
  CreateServiceAccount,
  ListServiceAccounts,
  GetServiceAccount,
  UpdateServiceAccount,
  DeleteServiceAccount,
  CreateApiKey,
  ListApiKeys,
  RevokeApiKey,
  GetServiceAccountRoles,
  SetServiceAccountRoles,
  ListRoles,
  CreateRole,
  GetRole,
  UpdateRole,
  DeleteRole,
  ListRoleVersions,
  GetMemberRoles,
  SetMemberRoles,
  ListGroups,
  CreateGroup,
  GetGroup,
  UpdateGroup,
  DeleteGroup,
  ListGroupMembers,
  AddGroupMember,
  RemoveGroupMember,
  ListAssignments,
  CreateAssignment,
  DeleteAssignment,
  GetAuthorizationManifest,
  ApplyAuthorizationManifest,
  ListPolicies,
  CreatePolicy,
  GetPolicy,
  UpdatePolicy,
  DeletePolicy,
  GetPolicyDraft,
  PutPolicyDraft,
  DeletePolicyDraft,
  PublishPolicy,
  ListPolicyVersions,
  GetPolicyVersion,
  DiffPolicyVersions,
  RollbackPolicy,
  StartPolicyShadow,
  GetPolicyShadow,
  EndPolicyShadow,
  GetCatalog,
  GetApplication,
  PutApplication,
  ListEntities,
  GetEntity,
  PutEntity,
  DeleteEntity,
  Evaluate,
  EvaluateMany,
  SearchSubjects,
  SearchResources,
  SearchActions,
  Explain,
  Plan,
  Simulate,
  SimulateApplication,
  DiffAccess,
  ListAuditEvents,
  ListPlatformAuditEvents,
  GetJwks,
  GetAuthzenConfiguration,
]
