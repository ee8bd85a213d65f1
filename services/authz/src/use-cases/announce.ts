/** The events authz writes, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { CatalogChanged } from '@gatehouse/contracts/events/authz/catalog'
import {
  MemberRolesChanged,
  PlatformRoleAssigned,
  ServiceAccountRolesChanged,
} from '@gatehouse/contracts/events/authz/assignment'
import {
  PolicyCreated,
  PolicyDeleted,
  PolicyDraftDeleted,
  PolicyDraftSaved,
  PolicyShadowEnded,
  PolicyShadowStarted,
  PolicyUpdated,
} from '@gatehouse/contracts/events/authz/policy'
import { RoleCreated, RoleDeleted, RoleUpdated } from '@gatehouse/contracts/events/authz/role'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Holder } from '../store/assignments.ts'
import { nextShadowVersion } from '../store/policy-shadows.ts'
import {
  principalIdOf,
  type ApplicationRow,
  type AssignmentRow,
  type PolicyDraftRow,
  type PolicyRow,
  type RoleRow,
} from '../store/schema.ts'

type RoleEvent = {
  contract: typeof RoleCreated | typeof RoleUpdated | typeof RoleDeleted
  row: RoleRow
  orgId: string
  actor: Actor
}

/** `row` is the version that begins, or for a deletion the one that ended. */
const announceRole = (tx: Tx, { contract, row, orgId, actor }: RoleEvent): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'role',
    aggregateId: row.id,
    version: contract === RoleDeleted ? row.version + 1 : row.version,
    orgId,
    actor,
    data: { role_id: row.id, organization_id: orgId, key: row.key },
  })

type OfOrganization<Row> = { row: Row; orgId: string; actor: Actor }

export const announceRoleCreated = (tx: Tx, o: OfOrganization<RoleRow>): Promise<void> =>
  announceRole(tx, { contract: RoleCreated, ...o })
export const announceRoleUpdated = (tx: Tx, o: OfOrganization<RoleRow>): Promise<void> =>
  announceRole(tx, { contract: RoleUpdated, ...o })
export const announceRoleDeleted = (tx: Tx, o: OfOrganization<RoleRow>): Promise<void> =>
  announceRole(tx, { contract: RoleDeleted, ...o })

const announcePolicy = (
  tx: Tx,
  {
    contract,
    row,
    orgId,
    actor,
  }: OfOrganization<PolicyRow> & { contract: typeof PolicyCreated | typeof PolicyUpdated | typeof PolicyDeleted },
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'policy',
    aggregateId: row.id,
    version: contract === PolicyDeleted ? row.version + 1 : row.version,
    orgId,
    actor,
    data: { policy_id: row.id, organization_id: orgId, key: row.key },
  })

export const announcePolicyCreated = (tx: Tx, o: OfOrganization<PolicyRow>): Promise<void> =>
  announcePolicy(tx, { contract: PolicyCreated, ...o })
export const announcePolicyUpdated = (tx: Tx, o: OfOrganization<PolicyRow>): Promise<void> =>
  announcePolicy(tx, { contract: PolicyUpdated, ...o })
export const announcePolicyDeleted = (tx: Tx, o: OfOrganization<PolicyRow>): Promise<void> =>
  announcePolicy(tx, { contract: PolicyDeleted, ...o })

/** A draft's versions are its own: they order its events and say nothing about the policy's. */
const announceDraft = (
  tx: Tx,
  {
    contract,
    row,
    key,
    actor,
  }: { contract: typeof PolicyDraftSaved | typeof PolicyDraftDeleted; row: PolicyDraftRow; key: string; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'policy_draft',
    aggregateId: row.policyId,
    version: row.version,
    orgId: row.orgId,
    actor,
    data: { policy_id: row.policyId, organization_id: row.orgId, key },
  })

type OfDraft = { row: PolicyDraftRow; key: string; actor: Actor }
export const announceDraftSaved = (tx: Tx, o: OfDraft): Promise<void> =>
  announceDraft(tx, { contract: PolicyDraftSaved, ...o })
type OfShadow = { policyId: string; orgId: string; key: string; actor: Actor }
const announceShadow = async (
  tx: Tx,
  contract: typeof PolicyShadowStarted | typeof PolicyShadowEnded,
  { policyId, orgId, key, actor }: OfShadow,
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'policy_shadow',
    aggregateId: policyId,
    version: await nextShadowVersion(tx),
    orgId,
    actor,
    data: { policy_id: policyId, organization_id: orgId, key },
  })

export const announceShadowStarted = (tx: Tx, o: OfShadow): Promise<void> => announceShadow(tx, PolicyShadowStarted, o)
export const announceShadowEnded = (tx: Tx, o: OfShadow): Promise<void> => announceShadow(tx, PolicyShadowEnded, o)

export const announceDraftDeleted = (tx: Tx, o: OfDraft): Promise<void> =>
  announceDraft(tx, { contract: PolicyDraftDeleted, ...o })

export const announceMemberRoles = (
  tx: Tx,
  o: { holder: Holder; version: number; before: string[]; after: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: MemberRolesChanged,
    aggregateType: 'member_roles',
    aggregateId: o.holder.membershipId,
    version: o.version,
    orgId: o.holder.orgId,
    userId: o.holder.userId,
    actor: o.actor,
    data: {
      organization_id: o.holder.orgId,
      membership_id: o.holder.membershipId,
      user_id: o.holder.userId,
      before: o.before,
      after: o.after,
    },
  })

export const announceCatalog = (tx: Tx, row: ApplicationRow, actor: Actor): Promise<void> =>
  appendEvent(tx, {
    contract: CatalogChanged,
    aggregateType: 'application',
    aggregateId: row.id,
    version: row.version,
    actor,
    data: { application: row.key },
  })

export const announcePlatformRole = (tx: Tx, o: { row: AssignmentRow; role: string; actor: Actor }): Promise<void> => {
  const userId = principalIdOf(o.row)
  return appendEvent(tx, {
    contract: PlatformRoleAssigned,
    aggregateType: 'assignment',
    aggregateId: o.row.id,
    version: 1,
    userId,
    actor: o.actor,
    data: { user_id: userId, role: o.role },
  })
}

export const announceServiceAccountRoles = (
  tx: Tx,
  o: { serviceAccountId: string; orgId: string; version: number; before: string[]; after: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountRolesChanged,
    aggregateType: 'service_account_roles',
    aggregateId: o.serviceAccountId,
    version: o.version,
    orgId: o.orgId,
    actor: o.actor,
    data: { organization_id: o.orgId, service_account_id: o.serviceAccountId, before: o.before, after: o.after },
  })
