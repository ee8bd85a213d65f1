/**
 * Every public route, written out: the gateway proxies these and nothing else; OpenAPI and the cross-tenant sweep are
 * made from this list.
 */
import { CreateAssignment, DeleteAssignment, ListAssignments, UpdateAssignment } from './authz/assignments.ts'
import { ApplyAuthorizationManifest, GetAuthorizationManifest } from './authz/authorization-manifest.ts'
import { GetApplication, GetCatalog, PutApplication } from './authz/catalog.ts'
import { DeleteEntity, GetEntity, ListEntities, PutEntity, StoreEntities } from './authz/entities.ts'
import { Evaluate, EvaluateMany, GetAuthzenConfiguration } from './authz/evaluation.ts'
import { DiffAccess, Explain, Plan } from './authz/explanation.ts'
import {
  AddGroupMember,
  CreateGroup,
  DeleteGroup,
  GetGroup,
  ListGroupMembers,
  ListGroups,
  RemoveGroupMember,
  UpdateGroup,
} from './authz/groups.ts'
import { CreatePolicy, DeletePolicy, GetPolicy, ListPolicies, UpdatePolicy } from './authz/policies.ts'
import {
  DeletePolicyDraft,
  DiffPolicyVersions,
  GetPolicyDraft,
  GetPolicyVersion,
  ListPolicyVersions,
  PublishPolicy,
  PutPolicyDraft,
  RollbackPolicy,
} from './authz/policy-lifecycle.ts'
import {
  CreateRole,
  DeleteRole,
  GetMemberRoles,
  GetRole,
  ListRoles,
  ListRoleVersions,
  SetMemberRoles,
  UpdateRole,
} from './authz/roles.ts'
import { SearchActions, SearchResources, SearchSubjects } from './authz/search.ts'
import {
  EndPolicyShadow,
  GetPolicyShadow,
  Simulate,
  SimulateApplication,
  StartPolicyShadow,
} from './authz/simulation.ts'
import { GetServiceAccountRoles, SetServiceAccountRoles } from './authz/service-account-roles.ts'
import type { RouteContract } from './contract.ts'
import { GetMe, Register, ResendVerification, UpdateMe, VerifyEmail } from './identity/account.ts'
import { ConfirmAddressChange, RequestAddressChange, UndoAddressChange } from './identity/address-change.ts'
import { DeleteMe, ExportMyData, UndoMyDeletion } from './identity/my-data.ts'
import {
  EndUserSessions,
  EraseUser,
  GetUser,
  ListUsers,
  ResendUserMail,
  ResetUserFactors,
  RestoreUser,
  SuspendUser,
} from './identity/operators.ts'
import { importRoutes } from './identity/imports.ts'
import { ChangePassword, ForgotPassword, ResetPassword } from './identity/passwords.ts'
import { ConfirmTotp, EnrollTotp, GetMyFactors, RemoveTotp, ReplaceRecoveryCodes } from './identity/factors.ts'
import {
  AddPasskey,
  BeginPasskey,
  GetPasskeyOptions,
  ListMyPasskeys,
  RemovePasskey,
  RenamePasskey,
  SignInWithPasskey,
} from './identity/passkeys.ts'
import { rememberedDeviceRoutes } from './identity/remembered-devices.ts'
import { AnswerChallenge, BeginEmailSignIn, Login, StepUp } from './identity/sign-in.ts'
import {
  AcceptInvitation,
  CreateInvitation,
  CreateInvitations,
  DeclineInvitation,
  ListInvitations,
  ResendInvitation,
  RevokeInvitation,
} from './orgs/invitations.ts'
import { accessRequestRoutes } from './orgs/access-requests.ts'
import { domainRoutes } from './orgs/domains.ts'
import {
  CreateOrganization,
  DeleteOrganization,
  GetOrganization,
  ListMyOrganizations,
  RestoreOwnOrganization,
  UpdateOrganization,
  memberRoutes,
} from './orgs/organizations.ts'
import { GetOrganizationSettings, UpdateOrganizationSettings } from './orgs/settings.ts'
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
} from './tokens/service-accounts.ts'
import { oauthClientRoutes } from './tokens/oauth-clients.ts'
import { registrationTokenRoutes } from './tokens/registration-tokens.ts'
import { DescribeAuthorization, SettleAuthorization } from './tokens/authorizations.ts'
import { ListMyConsents, RevokeMyConsent } from './tokens/consents.ts'
import { ImpersonateUser } from './tokens/impersonation.ts'
import { platformServiceAccountRoutes } from './tokens/platform-service-accounts.ts'
import { signingKeyRoutes } from './tokens/signing-keys.ts'
import { EndMyOtherSessions, EndMySession, GetJwks, ListMySessions, Logout, RefreshToken } from './tokens/sessions.ts'
import { ImportMemberships } from './orgs/membership-imports.ts'
import { managedOrganizationRoutes } from './orgs/operators.ts'
import { ExportAuditEvents, ListAuditEvents, ListMyActivity, ListPlatformAuditEvents } from './workers/audit-events.ts'
import { ListAuditKeys, ReadAuditEvidence, ReadPlatformAuditEvidence } from './workers/audit-evidence.ts'
import { DiscardDeadLetter, ListDeadLetters, ReplayDeadLetter } from './workers/dead-letters.ts'
import { notificationRoutes } from './workers/notifications.ts'
import { securityAlertRoutes } from './workers/security-alerts.ts'
import { undeliverableAddressRoutes } from './workers/undeliverable-addresses.ts'
import { platformWebhookRoutes } from './workers/platform-webhooks.ts'
import { webhookRoutes } from './workers/webhooks.ts'

export const publicRoutes: readonly RouteContract[] = [
  Register,
  VerifyEmail,
  ResendVerification,
  ForgotPassword,
  ResetPassword,
  ChangePassword,
  RequestAddressChange,
  ConfirmAddressChange,
  UndoAddressChange,
  Login,
  BeginEmailSignIn,
  AnswerChallenge,
  StepUp,
  GetMyFactors,
  EnrollTotp,
  ConfirmTotp,
  RemoveTotp,
  ReplaceRecoveryCodes,
  GetPasskeyOptions,
  SignInWithPasskey,
  BeginPasskey,
  AddPasskey,
  ListMyPasskeys,
  RenamePasskey,
  RemovePasskey,
  ...rememberedDeviceRoutes,
  RefreshToken,
  Logout,
  GetMe,
  UpdateMe,
  ExportMyData,
  DeleteMe,
  UndoMyDeletion,
  ListMySessions,
  EndMySession,
  EndMyOtherSessions,
  ListMyOrganizations,
  ListMyActivity,
  ...notificationRoutes,
  ...securityAlertRoutes,
  ...undeliverableAddressRoutes,
  CreateOrganization,
  DeleteOrganization,
  RestoreOwnOrganization,
  ...accessRequestRoutes,
  ...domainRoutes,
  GetOrganization,
  UpdateOrganization,
  GetOrganizationSettings,
  UpdateOrganizationSettings,
  ...memberRoutes,
  CreateInvitation,
  CreateInvitations,
  ListInvitations,
  ResendInvitation,
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
  RotateApiKey,
  ...oauthClientRoutes,
  ...registrationTokenRoutes,
  DescribeAuthorization,
  SettleAuthorization,
  ListMyConsents,
  ...importRoutes,
  ...platformServiceAccountRoutes,
  ...signingKeyRoutes,
  RevokeMyConsent,
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
  UpdateAssignment,
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
  StoreEntities,
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
  ExportAuditEvents,
  ReadAuditEvidence,
  ListPlatformAuditEvents,
  ReadPlatformAuditEvidence,
  ...managedOrganizationRoutes,
  ImportMemberships,
  ListAuditKeys,
  ListUsers,
  GetUser,
  SuspendUser,
  RestoreUser,
  EraseUser,
  EndUserSessions,
  ResetUserFactors,
  ImpersonateUser,
  ResendUserMail,
  ListDeadLetters,
  ReplayDeadLetter,
  DiscardDeadLetter,
  ...webhookRoutes,
  ...platformWebhookRoutes,
  GetJwks,
  GetAuthzenConfiguration,
]
