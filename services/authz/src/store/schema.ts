/** Tables of the schema `authz` as drizzle sees them; migrations/ is what made them. */
import { sql } from 'drizzle-orm'
import { bigint, boolean, customType, jsonb, pgSchema, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { MembershipAttributes } from '@gatehouse/contracts/events/orgs/membership'
import type { AttributeValues } from '@gatehouse/contracts/http/authz/attributes'
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { PolicyContent } from '@gatehouse/contracts/http/authz/policies'
import type { AttributeValues as DecidedAttributes } from '@gatehouse/policy/compile/attributes'
import type { Reason } from '@gatehouse/policy/compile/decision'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { typeId } from '@gatehouse/service-kit/postgres/type-id'

export const authz = pgSchema('authz')

const version = () => bigint('version', { mode: 'number' }).notNull()
/** Milliseconds: what is compared with a cursor or a `Date` must not be finer than one. */
const instant = (column: string) => timestamp(column, { withTimezone: true, mode: 'date', precision: 3 })
const createdAt = () => instant('created_at').notNull().defaultNow()
/** Validity-ranged copies have no key of their own. */
const rowId = () => bigint('row_id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey()
/** Text keeps the microseconds, so one version ends exactly where the next begins. */
const validity = () => ({
  validFrom: timestamp('valid_from', { withTimezone: true, mode: 'string' })
    .notNull()
    .default(sql`clock_timestamp()`),
  validTo: timestamp('valid_to', { withTimezone: true, mode: 'string' }),
})

export const applications = authz.table('applications', {
  id: typeId('id', 'app').notNull(),
  version: version(),
  key: text('key').notNull(),
  manifest: jsonb('manifest').$type<ApplicationManifest>().notNull(),
  ...validity(),
})

export const resourceTypes = authz.table('resource_types', {
  key: text('key').primaryKey(),
  application: text('application').notNull(),
})

export const permissions = authz.table('permissions', {
  resourceType: text('resource_type').notNull(),
  action: text('action').notNull(),
  sensitive: boolean('sensitive').notNull().default(false),
})

export const roles = authz.table('roles', {
  id: typeId('id', 'role').notNull(),
  version: version(),
  orgId: typeId('org_id', 'org'),
  application: text('application'),
  key: text('key').notNull(),
  name: text('name').notNull(),
  permissions: text('permissions').array().notNull(),
  inherits: text('inherits')
    .array()
    .notNull()
    .default(sql`'{}'`),
  createdAt: createdAt(),
  ...validity(),
})

export const policies = authz.table('policies', {
  id: typeId('id', 'pol').notNull(),
  version: version(),
  orgId: typeId('org_id', 'org'),
  application: text('application'),
  key: text('key').notNull(),
  effect: text('effect').$type<'allow' | 'deny'>().notNull(),
  resourceType: text('resource_type').notNull(),
  actions: text('actions').array().notNull(),
  roles: text('roles').array(),
  whenSource: text('when_source'),
  condition: jsonb('condition').$type<CheckedIr>(),
  obligation: jsonb('obligation').$type<NonNullable<PolicyContent['obligation']>>(),
  tests: jsonb('tests').$type<NonNullable<PolicyContent['tests']>>(),
  createdAt: createdAt(),
  ...validity(),
})

export const policyDrafts = authz.table('policy_drafts', {
  policyId: typeId('policy_id', 'pol').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  version: version().default(sql`nextval('policy_draft_versions')`),
  content: jsonb('content').$type<PolicyContent>().notNull(),
  baseVersion: bigint('base_version', { mode: 'number' }).notNull(),
  savedAt: instant('saved_at').notNull().defaultNow(),
})

export const policyShadows = authz.table('policy_shadows', {
  policyId: typeId('policy_id', 'pol').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  startedAt: instant('started_at')
    .notNull()
    .default(sql`clock_timestamp()`),
  endsAt: instant('ends_at')
    .notNull()
    .default(sql`clock_timestamp() + interval '7 days'`),
})

export const decisions = authz.table('decisions', {
  id: uuid('id')
    .notNull()
    .default(sql`uuidv7()`),
  decidedAt: instant('decided_at').notNull(),
  orgId: typeId('org_id', 'org').notNull(),
  subjectType: text('subject_type').notNull(),
  subjectId: text('subject_id').notNull(),
  resourceType: text('resource_type').notNull(),
  resourceId: text('resource_id').notNull(),
  action: text('action').notNull(),
  roles: text('roles').array().notNull(),
  attributes: jsonb('attributes').$type<DecidedAttributes>().notNull(),
  withheld: text('withheld').array().notNull(),
  allowed: boolean('allowed').notNull(),
  reason: jsonb('reason').$type<Reason>().notNull(),
})

export const groups = authz.table('groups', {
  id: typeId('id', 'grp').notNull(),
  version: version(),
  orgId: typeId('org_id', 'org').notNull(),
  key: text('key').notNull(),
  name: text('name').notNull(),
  createdAt: createdAt(),
  ...validity(),
})

export const groupMembers = authz.table('group_members', {
  rowId: rowId(),
  orgId: typeId('org_id', 'org').notNull(),
  groupId: typeId('group_id', 'grp').notNull(),
  membershipId: typeId('membership_id', 'mem').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  addedBy: text('added_by').notNull(),
  ...validity(),
})

export type PrincipalType = 'user' | 'service_account' | 'group'
const prefixes = { user: 'user', service_account: 'svc', group: 'grp' } as const satisfies Record<PrincipalType, string>

/** Written from a TypeID of any type, read as its UUID: whose it is stands in another column (`principalIdOf`). */
const principalUuid = (column: string) =>
  customType<{ data: string; driverData: string }>({ dataType: () => 'uuid', toDriver: (id) => uuidOf(id) })(column)

export const principalIdOf = (row: Pick<AssignmentRow, 'principalType' | 'principalId'>): string =>
  typeIdOf(prefixes[row.principalType], row.principalId)

export const assignments = authz.table('assignments', {
  id: typeId('id', 'asg').primaryKey(),
  scope: text('scope').$type<'platform' | 'organization'>().notNull(),
  orgId: typeId('org_id', 'org'),
  principalType: text('principal_type').$type<PrincipalType>().notNull(),
  principalId: principalUuid('principal_id').notNull(),
  membershipId: typeId('membership_id', 'mem'),
  roleId: typeId('role_id', 'role').notNull(),
  resourceType: text('resource_type'),
  resourceId: text('resource_id'),
  expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'date' }),
  givenBy: text('given_by').notNull(),
  ...validity(),
})

export const roleHolders = authz.table('role_holders', {
  membershipId: typeId('membership_id', 'mem').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  version: version().default(0),
  joinedVersion: bigint('joined_version', { mode: 'number' }).notNull().default(0),
})

export const entities = authz.table('entities', {
  id: typeId('id', 'ent').notNull(),
  version: version(),
  orgId: typeId('org_id', 'org').notNull(),
  type: text('type').notNull(),
  key: text('key').notNull(),
  attributes: jsonb('attributes').$type<AttributeValues>().notNull(),
  roleIds: typeId('role_ids', 'role').array().notNull(),
  deleted: boolean('deleted').notNull().default(false),
  createdAt: createdAt(),
  ...validity(),
})

export const users = authz.table('users', {
  rowId: rowId(),
  id: typeId('id', 'user').notNull(),
  version: version(),
  status: text('status').$type<'active' | 'disabled'>().notNull(),
  emailVerified: boolean('email_verified').notNull().default(false),
  ...validity(),
})

export const organizations = authz.table('organizations', {
  rowId: rowId(),
  id: typeId('id', 'org').notNull(),
  version: version(),
  status: text('status').$type<'active' | 'suspended' | 'removed'>().notNull(),
  ...validity(),
})

export const memberships = authz.table('memberships', {
  rowId: rowId(),
  id: typeId('id', 'mem').notNull(),
  version: version(),
  orgId: typeId('org_id', 'org').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  status: text('status').$type<'active' | 'suspended' | 'removed'>().notNull(),
  isOwner: boolean('is_owner').notNull(),
  attributes: jsonb('attributes').$type<MembershipAttributes>().notNull(),
  ...validity(),
})

export const serviceAccounts = authz.table('service_accounts', {
  rowId: rowId(),
  id: typeId('id', 'svc').notNull(),
  version: version(),
  /** Null: the platform's. */
  orgId: typeId('org_id', 'org'),
  status: text('status').$type<'active' | 'disabled' | 'deleted'>().notNull(),
  ...validity(),
})

export const serviceAccountRoleSets = authz.table('service_account_role_sets', {
  serviceAccountId: typeId('service_account_id', 'svc').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  version: version().default(1),
})

export type RoleRow = typeof roles.$inferSelect
export type PolicyRow = typeof policies.$inferSelect
export type PolicyDraftRow = typeof policyDrafts.$inferSelect
export type PolicyShadowRow = typeof policyShadows.$inferSelect
export type GroupRow = typeof groups.$inferSelect
export type EntityRow = typeof entities.$inferSelect
export type ApplicationRow = typeof applications.$inferSelect
export type AssignmentRow = typeof assignments.$inferSelect
export type UserRow = typeof users.$inferSelect
export type OrganizationRow = typeof organizations.$inferSelect
export type ServiceAccountRow = typeof serviceAccounts.$inferSelect
export type MembershipRow = typeof memberships.$inferSelect
/** A row's content, without its validity. */
export type ContentOf<Row> = Omit<Row, 'rowId' | 'validFrom' | 'validTo'>
