/** Every event there is, written out: the event reference and the audit trail's coverage are made from this list. */
import type { EventContract } from './envelope.ts'
import { AssignmentCreated } from './authz/assignment-created.v1.ts'
import { AssignmentEnded } from './authz/assignment-ended.v1.ts'
import { EntityDeleted } from './authz/entity-deleted.v1.ts'
import { EntityStored } from './authz/entity-stored.v1.ts'
import { GroupCreated } from './authz/group-created.v1.ts'
import { GroupDeleted } from './authz/group-deleted.v1.ts'
import { GroupMemberAdded } from './authz/group-member-added.v1.ts'
import { GroupMemberRemoved } from './authz/group-member-removed.v1.ts'
import { GroupUpdated } from './authz/group-updated.v1.ts'
import { CatalogChanged } from './authz/catalog-changed.v1.ts'
import { MemberRolesChanged } from './authz/member-roles-changed.v1.ts'
import { PlatformRoleAssigned } from './authz/platform-role-assigned.v1.ts'
import { PolicyCreated } from './authz/policy-created.v1.ts'
import { PolicyDeleted } from './authz/policy-deleted.v1.ts'
import { PolicyDraftDeleted } from './authz/policy-draft-deleted.v1.ts'
import { PolicyDraftSaved } from './authz/policy-draft-saved.v1.ts'
import { PolicyShadowEnded } from './authz/policy-shadow-ended.v1.ts'
import { PolicyShadowStarted } from './authz/policy-shadow-started.v1.ts'
import { PolicyUpdated } from './authz/policy-updated.v1.ts'
import { RoleCreated } from './authz/role-created.v1.ts'
import { RoleDeleted } from './authz/role-deleted.v1.ts'
import { RoleUpdated } from './authz/role-updated.v1.ts'
import { ServiceAccountRolesChanged } from './authz/service-account-roles-changed.v1.ts'
import { EmailVerificationRequested } from './identity/email-verification-requested.v1.ts'
import { PlatformAdminBootstrapped } from './identity/platform-admin-bootstrapped.v1.ts'
import { SignInFailed } from './identity/sign-in-failed.v1.ts'
import { UserDisabled } from './identity/user-disabled.v1.ts'
import { UserEmailVerified } from './identity/user-email-verified.v1.ts'
import { UserRegistered } from './identity/user-registered.v1.ts'
import { UserUpdated } from './identity/user-updated.v1.ts'
import { InvitationAccepted } from './orgs/invitation-accepted.v1.ts'
import { InvitationCreated } from './orgs/invitation-created.v1.ts'
import { InvitationDeclined } from './orgs/invitation-declined.v1.ts'
import { InvitationRevoked } from './orgs/invitation-revoked.v1.ts'
import { MembershipCreated } from './orgs/membership-created.v1.ts'
import { MembershipRemoved } from './orgs/membership-removed.v1.ts'
import { MembershipUpdated } from './orgs/membership-updated.v1.ts'
import { OrganizationCreated } from './orgs/organization-created.v1.ts'
import { OrganizationUpdated } from './orgs/organization-updated.v1.ts'
import { ApiKeyCreated } from './tokens/api-key-created.v1.ts'
import { ApiKeyRevoked } from './tokens/api-key-revoked.v1.ts'
import { FamilyRevoked } from './tokens/family-revoked.v1.ts'
import { FamilyRotated } from './tokens/family-rotated.v1.ts'
import { ServiceAccountCreated } from './tokens/service-account-created.v1.ts'
import { ServiceAccountDeleted } from './tokens/service-account-deleted.v1.ts'
import { ServiceAccountUpdated } from './tokens/service-account-updated.v1.ts'
import { SessionEnded } from './tokens/session-ended.v1.ts'
import { SessionStarted } from './tokens/session-started.v1.ts'
import { SigningKeyCreated } from './tokens/signing-key-created.v1.ts'
import { SigningKeyVoided } from './tokens/signing-key-voided.v1.ts'

export const eventContracts: readonly EventContract[] = [
  EmailVerificationRequested,
  PlatformAdminBootstrapped,
  SignInFailed,
  UserDisabled,
  UserEmailVerified,
  UserRegistered,
  UserUpdated,
  ApiKeyCreated,
  ApiKeyRevoked,
  FamilyRevoked,
  FamilyRotated,
  ServiceAccountCreated,
  ServiceAccountDeleted,
  ServiceAccountUpdated,
  SessionEnded,
  SessionStarted,
  SigningKeyCreated,
  SigningKeyVoided,
  InvitationAccepted,
  InvitationCreated,
  InvitationDeclined,
  InvitationRevoked,
  MembershipCreated,
  MembershipRemoved,
  MembershipUpdated,
  OrganizationCreated,
  OrganizationUpdated,
  AssignmentCreated,
  AssignmentEnded,
  EntityDeleted,
  EntityStored,
  GroupCreated,
  GroupDeleted,
  GroupMemberAdded,
  GroupMemberRemoved,
  GroupUpdated,
  CatalogChanged,
  MemberRolesChanged,
  PlatformRoleAssigned,
  PolicyCreated,
  PolicyDeleted,
  PolicyDraftDeleted,
  PolicyDraftSaved,
  PolicyShadowEnded,
  PolicyShadowStarted,
  PolicyUpdated,
  RoleCreated,
  RoleDeleted,
  RoleUpdated,
  ServiceAccountRolesChanged,
]
