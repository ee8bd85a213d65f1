/** Tables of the schema `orgs` as drizzle sees them; migrations/ is what made them. */
import { sql } from 'drizzle-orm'
import { bigint, boolean, customType, integer, jsonb, pgSchema, text, timestamp } from 'drizzle-orm/pg-core'
import type { MembershipAttributes } from '@gatehouse/contracts/events/orgs/membership'
import type { Capture } from '@gatehouse/contracts/http/orgs/domains'
import type { OrganizationColors } from '@gatehouse/contracts/http/orgs/organizations'
import type { SignInMethod } from '@gatehouse/contracts/events/orgs/organization'
import type { InvitationsBy, MfaMode, RoleMfa } from '@gatehouse/contracts/http/orgs/settings'
import { typeId } from '@gatehouse/service-kit/postgres/type-id'
import type { AccessRequestKind, AccessRequestStatus } from '../domain/access-request.ts'
import type { DomainCheck, DomainStatus } from '../domain/domain.ts'
import type { InvitationStatus } from '../domain/invitation.ts'
import type { OrganizationStatus } from '../domain/organization-status.ts'

export const orgs = pgSchema('orgs')

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const version = () => bigint('version', { mode: 'number' }).notNull().default(1)
const minVersion = () => bigint('min_version', { mode: 'number' }).notNull().default(0)
/** Milliseconds: what a cursor is compared with must not be finer than one. */
const listedAt = (name: string) =>
  timestamp(name, { withTimezone: true, mode: 'date', precision: 3 }).notNull().defaultNow()
const texts = (name: string) =>
  text(name)
    .array()
    .notNull()
    .default(sql`'{}'`)
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

export const organizations = orgs.table('organizations', {
  id: typeId('id', 'org').primaryKey(),
  name: text('name').notNull(),
  slug: text('slug').notNull(),
  status: text('status').$type<OrganizationStatus>().notNull().default('active'),
  version: version(),
  minVersion: minVersion(),
  floorChangedAt: instant('floor_changed_at'),
  createdBy: typeId('created_by', 'user').notNull(),
  settingsVersion: bigint('settings_version', { mode: 'number' }).notNull().default(1),
  mfaMode: text('mfa_mode').$type<MfaMode>().notNull().default('off'),
  mfaRequiredFrom: instant('mfa_required_from'),
  mfaRoles: jsonb('mfa_roles').$type<RoleMfa[]>().notNull().default([]),
  takesJoinRequests: boolean('takes_join_requests').notNull().default(false),
  sessionIdleSeconds: integer('session_idle_seconds'),
  sessionLifetimeSeconds: integer('session_lifetime_seconds'),
  allowedAddresses: texts('allowed_addresses'),
  signInMethods: texts('sign_in_methods').$type<SignInMethod[]>(),
  invitationsBy: text('invitations_by').$type<InvitationsBy>().notNull().default('permitted'),
  logoUrl: text('logo_url'),
  colors: jsonb('colors').$type<OrganizationColors>(),
  deletionDueAt: instant('deletion_due_at'),
  createdAt: listedAt('created_at'),
})

export const memberships = orgs.table('memberships', {
  id: typeId('id', 'mem').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  status: text('status').$type<'active' | 'suspended' | 'removed'>().notNull().default('active'),
  isOwner: boolean('is_owner').notNull().default(false),
  attributes: jsonb('attributes').$type<MembershipAttributes>().notNull().default({}),
  roles: texts('roles'),
  version: version(),
  minVersion: minVersion(),
  floorChangedAt: instant('floor_changed_at'),
  joinedAt: listedAt('joined_at'),
  removedAt: instant('removed_at'),
})

export const invitations = orgs.table('invitations', {
  id: typeId('id', 'inv').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  email: text('email').notNull(),
  roles: text('roles').array().notNull(),
  status: text('status').$type<InvitationStatus>().notNull().default('pending'),
  version: version(),
  invitedBy: typeId('invited_by', 'user').notNull(),
  acceptedBy: typeId('accepted_by', 'user'),
  createdAt: instant('created_at').notNull().defaultNow(),
  expiresAt: instant('expires_at').notNull(),
  settledAt: instant('settled_at'),
  resentAt: instant('resent_at'),
})

export const invitationSecrets = orgs.table('invitation_secrets', {
  hash: bytea('hash').primaryKey(),
  invitationId: typeId('invitation_id', 'inv').notNull(),
  orgId: typeId('org_id', 'org').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
})

export const accessRequests = orgs.table('access_requests', {
  id: typeId('id', 'arq').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  kind: text('kind').$type<AccessRequestKind>().notNull(),
  roles: text('roles').array().notNull(),
  reason: text('reason').notNull(),
  durationSeconds: integer('duration_seconds'),
  status: text('status').$type<AccessRequestStatus>().notNull().default('pending'),
  version: version(),
  decidedBy: typeId('decided_by', 'user'),
  decisionReason: text('decision_reason'),
  createdAt: listedAt('created_at'),
  expiresAt: timestamp('expires_at', { withTimezone: true, mode: 'date', precision: 3 }).notNull(),
  settledAt: instant('settled_at'),
})

export const domains = orgs.table('domains', {
  id: typeId('id', 'dom').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  name: text('name').notNull(),
  proof: text('proof').notNull(),
  status: text('status').$type<DomainStatus>().notNull().default('pending'),
  capture: text('capture').$type<Capture>().notNull().default('off'),
  version: version(),
  lastCheck: text('last_check').$type<DomainCheck>(),
  checkedAt: timestamp('checked_at', { withTimezone: true, mode: 'date', precision: 3 }),
  missedChecks: integer('missed_checks').notNull().default(0),
  nextCheckAt: instant('next_check_at').notNull().defaultNow(),
  createdAt: listedAt('created_at'),
})

export const captureChecks = orgs.table('capture_checks', {
  userId: typeId('user_id', 'user').primaryKey(),
  version: bigint('version', { mode: 'number' }).notNull(),
  dueAt: instant('due_at').notNull().defaultNow(),
})

export type DomainRow = typeof domains.$inferSelect
export type AccessRequestRow = typeof accessRequests.$inferSelect
export type OrganizationRow = typeof organizations.$inferSelect
export type MembershipRow = typeof memberships.$inferSelect
export type InvitationRow = typeof invitations.$inferSelect
