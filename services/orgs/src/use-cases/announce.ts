/** The events orgs writes, each from the row whose new version it announces and in the transaction that made it. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import {
  AccessRequestApproved,
  AccessRequestCancelled,
  AccessRequestCreated,
  AccessRequestDenied,
} from '@gatehouse/contracts/events/orgs/access-request'
import {
  InvitationAccepted,
  InvitationCreated,
  InvitationDeclined,
  InvitationResent,
  InvitationRevoked,
} from '@gatehouse/contracts/events/orgs/invitation'
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import {
  OrganizationCreated,
  OrganizationDeleted,
  OrganizationUpdated,
} from '@gatehouse/contracts/events/orgs/organization'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { accessRulesOf } from '../domain/access-rules.ts'
import { announcedStatus } from '../domain/organization-status.ts'
import { factorRolesOf } from '../domain/role-rules.ts'
import type { AccessRequestRow, InvitationRow, MembershipRow, OrganizationRow } from '../store/schema.ts'

const ofOrganization = (row: OrganizationRow, actor: Actor) => ({
  aggregateType: 'organization',
  aggregateId: row.id,
  version: row.version,
  orgId: row.id,
  actor,
})

const ofMembership = (row: MembershipRow, actor: Actor) => ({
  aggregateType: 'membership',
  aggregateId: row.id,
  version: row.version,
  orgId: row.orgId,
  userId: row.userId,
  actor,
})

const ofInvitation = (row: InvitationRow, actor: Actor) => ({
  aggregateType: 'invitation',
  aggregateId: row.id,
  version: row.version,
  orgId: row.orgId,
  actor,
})

const membershipFacts = (row: MembershipRow) => ({
  membership_id: row.id,
  organization_id: row.orgId,
  user_id: row.userId,
  status: row.status,
  is_owner: row.isOwner,
  attributes: row.attributes,
})

export const announceOrganizationCreated = (tx: Tx, row: OrganizationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: OrganizationCreated,
    ...ofOrganization(row, actor),
    data: { organization_id: row.id, created_by: row.createdBy, status: 'active', slug: row.slug },
  })

const organizationFacts = (row: OrganizationRow) => ({
  organization_id: row.id,
  status: announcedStatus(row.status),
  slug: row.slug,
})

export const announceOrganizationUpdated = (
  tx: Tx,
  { row, changed, actor }: { row: OrganizationRow; changed: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: OrganizationUpdated,
    ...ofOrganization(row, actor),
    data: { ...organizationFacts(row), changed },
  })

export const announceDeletionAsked = (
  tx: Tx,
  { row, owners, actor }: { row: OrganizationRow; owners: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: OrganizationUpdated,
    ...ofOrganization(row, actor),
    data: {
      ...organizationFacts(row),
      changed: ['status', 'deletion'],
      min_ov: row.minVersion,
      deletion_due_at: row.deletionDueAt?.toISOString() ?? null,
      owners,
    },
  })

export const announceDeletionUndone = (tx: Tx, row: OrganizationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: OrganizationUpdated,
    ...ofOrganization(row, actor),
    data: { ...organizationFacts(row), changed: ['status', 'deletion'], deletion_due_at: null },
  })

export const announceOrganizationDeleted = (tx: Tx, row: OrganizationRow): Promise<void> =>
  appendEvent(tx, {
    contract: OrganizationDeleted,
    ...ofOrganization(row, 'system'),
    data: { organization_id: row.id, min_ov: row.minVersion },
  })

/**
 * A suspended organization announces the floor that voids its access tokens. `reason`: of the operator who did it;
 * absent when nobody owns it any more.
 */
export const announceOrganizationStatus = (
  tx: Tx,
  { row, actor, reason }: { row: OrganizationRow; actor: Actor; reason?: string },
): Promise<void> =>
  appendEvent(tx, {
    contract: OrganizationUpdated,
    ...ofOrganization(row, actor),
    data: {
      ...organizationFacts(row),
      changed: ['status'],
      ...(row.status === 'suspended' && { min_ov: row.minVersion }),
      ...(reason !== undefined && { reason }),
    },
  })

/** `endsAccess`: the floor of the organization has risen to this version. */
export const announceSettings = (
  tx: Tx,
  { row, changed, endsAccess, actor }: { row: OrganizationRow; changed: string[]; endsAccess: boolean; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: OrganizationUpdated,
    ...ofOrganization(row, actor),
    data: {
      ...organizationFacts(row),
      changed,
      mfa_required_from: row.mfaRequiredFrom?.toISOString() ?? null,
      mfa_roles: factorRolesOf(row.mfaRoles),
      access_rules: accessRulesOf(row),
      ...(endsAccess && { min_ov: row.minVersion }),
    },
  })

/** @param reason - of an operator who made somebody else a member */
/** `because`: of an operator, or the domain that made somebody a member. */
export const announceMembershipCreated = (
  tx: Tx,
  row: MembershipRow,
  actor: Actor,
  because: { reason?: string; domain_id?: string } = {},
): Promise<void> =>
  appendEvent(tx, {
    contract: MembershipCreated,
    ...ofMembership(row, actor),
    data: { ...membershipFacts(row), roles: row.roles, ...because },
  })

export const announceMembershipUpdated = (
  tx: Tx,
  o: { row: MembershipRow; changed: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: MembershipUpdated,
    ...ofMembership(o.row, o.actor),
    data: { ...membershipFacts(o.row), changed: o.changed },
  })

/** A suspended member is announced with the floor that voids their access tokens. */
export const announceMembershipStatus = (
  tx: Tx,
  { row, reason, actor }: { row: MembershipRow; reason: string | undefined; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: MembershipUpdated,
    ...ofMembership(row, actor),
    data: {
      ...membershipFacts(row),
      changed: ['status'],
      ...(row.status === 'suspended' && { min_mv: row.minVersion }),
      ...(reason !== undefined && { reason }),
    },
  })

export const announceMembershipRemoved = (tx: Tx, row: MembershipRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: MembershipRemoved,
    ...ofMembership(row, actor),
    data: { ...membershipFacts(row), min_mv: row.minVersion },
  })

export const announceMembershipErased = (tx: Tx, row: MembershipRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: MembershipRemoved,
    ...ofMembership(row, actor),
    data: { ...membershipFacts(row), min_mv: row.minVersion, erased: true },
  })

const ofAccessRequest = (row: AccessRequestRow, actor: Actor) => ({
  aggregateType: 'access_request',
  aggregateId: row.id,
  version: row.version,
  orgId: row.orgId,
  userId: row.userId,
  actor,
})

const accessRequestFacts = (row: AccessRequestRow) => ({
  access_request_id: row.id,
  organization_id: row.orgId,
  user_id: row.userId,
})

export const announceAccessRequestCreated = (
  tx: Tx,
  { row, owners, actor }: { row: AccessRequestRow; owners: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: AccessRequestCreated,
    ...ofAccessRequest(row, actor),
    data: { ...accessRequestFacts(row), kind: row.kind, roles: row.roles, owners },
  })

export const announceAccessRequestApproved = (
  tx: Tx,
  o: { row: AccessRequestRow; membershipId: string; approvedBy: string; expiresAt: Date | undefined; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: AccessRequestApproved,
    ...ofAccessRequest(o.row, o.actor),
    data: {
      ...accessRequestFacts(o.row),
      kind: o.row.kind,
      membership_id: o.membershipId,
      roles: o.row.roles,
      approved_by: o.approvedBy,
      expires_at: o.expiresAt?.toISOString() ?? null,
    },
  })

export const announceAccessRequestDenied = (tx: Tx, row: AccessRequestRow, actor: Actor): Promise<void> =>
  appendEvent(tx, { contract: AccessRequestDenied, ...ofAccessRequest(row, actor), data: accessRequestFacts(row) })

export const announceAccessRequestCancelled = (tx: Tx, row: AccessRequestRow, actor: Actor): Promise<void> =>
  appendEvent(tx, { contract: AccessRequestCancelled, ...ofAccessRequest(row, actor), data: accessRequestFacts(row) })

export const announceInvitationCreated = (tx: Tx, row: InvitationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: InvitationCreated,
    ...ofInvitation(row, actor),
    data: { invitation_id: row.id, organization_id: row.orgId, roles: row.roles },
  })

export const announceInvitationResent = (tx: Tx, row: InvitationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: InvitationResent,
    ...ofInvitation(row, actor),
    data: { invitation_id: row.id, organization_id: row.orgId, roles: row.roles },
  })

export const announceInvitationAccepted = (
  tx: Tx,
  o: { row: InvitationRow; userId: string; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: InvitationAccepted,
    ...ofInvitation(o.row, o.actor),
    userId: o.userId,
    data: { invitation_id: o.row.id, organization_id: o.row.orgId, user_id: o.userId },
  })

export const announceInvitationDeclined = (tx: Tx, row: InvitationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: InvitationDeclined,
    ...ofInvitation(row, actor),
    data: { invitation_id: row.id, organization_id: row.orgId },
  })

export const announceInvitationRevoked = (tx: Tx, row: InvitationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: InvitationRevoked,
    ...ofInvitation(row, actor),
    data: { invitation_id: row.id, organization_id: row.orgId },
  })
