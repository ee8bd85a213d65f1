/**
 * Tables of tokens as the code sees them; the truth (checks, policies, grants, partitions) is in migrations/.
 * Identifiers are TypeIDs here and UUIDs in the database.
 */
import { typeId } from '@gatehouse/service-kit/postgres/type-id'
import type { AccessRules, FactorRoles } from '@gatehouse/contracts/events/orgs/organization'
import type { AuthorizationRequest } from '../domain/oauth/authorization-request.ts'
import {
  bigint,
  boolean,
  customType,
  date,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (column: string) => timestamp(column, { withTimezone: true, mode: 'date' })
const version = (column = 'version') => bigint(column, { mode: 'number' })

export const signingKeys = pgTable('signing_keys', {
  id: typeId('id', 'key').primaryKey(),
  alg: text('alg', { enum: ['ES256', 'RS256'] }).notNull(),
  publicJwk: jsonb('public_jwk').$type<Record<string, unknown>>().notNull(),
  privateJwkEncrypted: text('private_jwk_encrypted').notNull(),
  publishFrom: at('publish_from').notNull(),
  signFrom: at('sign_from').notNull(),
  signUntil: at('sign_until').notNull(),
  publishUntil: at('publish_until').notNull(),
  voidedAt: at('voided_at'),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const clients = pgTable('clients', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  isFirstParty: boolean('is_first_party').notNull(),
  accessTtlSeconds: integer('access_ttl_seconds').notNull(),
  refreshGraceSeconds: integer('refresh_grace_seconds').notNull(),
  idleTtlSeconds: integer('idle_ttl_seconds').notNull(),
  absoluteTtlSeconds: integer('absolute_ttl_seconds').notNull(),
})

export const sessions = pgTable('sessions', {
  id: typeId('id', 'ses').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  userVersion: version('user_version').notNull(),
  clientId: text('client_id').notNull(),
  status: text('status', { enum: ['active', 'ended'] }).notNull(),
  version: version().notNull(),
  minVersion: version('min_version').notNull(),
  floorChangedAt: at('floor_changed_at'),
  lastOrganizationId: typeId('last_organization_id', 'org'),
  amr: text('amr').array().notNull(),
  authTime: at('auth_time').notNull(),
  deviceName: text('device_name').notNull(),
  clientAddress: text('client_address'),
  createdAt: at('created_at').notNull(),
  lastSeenAt: at('last_seen_at').notNull(),
  idleExpiresAt: at('idle_expires_at').notNull(),
  expiresAt: at('expires_at').notNull(),
  endedAt: at('ended_at'),
  endReason: text('end_reason'),
  parentId: typeId('parent_id', 'ses'),
  scope: text('scope').array(),
  resources: text('resources').array(),
  impersonatedBy: typeId('impersonated_by', 'user'),
})

export const refreshFamilies = pgTable('refresh_families', {
  id: typeId('id', 'fam').primaryKey(),
  sessionId: typeId('session_id', 'ses').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  clientId: text('client_id').notNull(),
  status: text('status', { enum: ['active', 'revoked'] }).notNull(),
  version: version().notNull(),
  createdAt: at('created_at').notNull(),
  revokedAt: at('revoked_at'),
  sharedExchanges: integer('shared_exchanges').notNull(),
  sharedTokenId: typeId('shared_token_id', 'rt'),
  jkt: text('jkt'),
})

export const refreshTokens = pgTable('refresh_tokens', {
  id: typeId('id', 'rt').notNull(),
  familyId: typeId('family_id', 'fam').notNull(),
  sessionId: typeId('session_id', 'ses').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  clientId: text('client_id').notNull(),
  hash: bytea('hash').notNull(),
  previousId: typeId('previous_id', 'rt'),
  createdAt: at('created_at').notNull(),
  usedAt: at('used_at'),
  repeatUntil: at('repeat_until'),
  successorId: typeId('successor_id', 'rt'),
  successorSealed: bytea('successor_sealed'),
  usedNetwork: text('used_network'),
  usedDevice: text('used_device'),
  repeatsElsewhere: integer('repeats_elsewhere').notNull(),
})

export const serviceAccounts = pgTable('service_accounts', {
  id: typeId('id', 'svc').primaryKey(),
  orgId: typeId('org_id', 'org'),
  name: text('name').notNull(),
  status: text('status', { enum: ['active', 'disabled', 'deleted'] }).notNull(),
  version: version().notNull(),
  minVersion: version('min_version').notNull(),
  floorChangedAt: at('floor_changed_at'),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull(),
  updatedAt: at('updated_at').notNull(),
})

export const apiKeys = pgTable('api_keys', {
  id: typeId('id', 'apk').primaryKey(),
  orgId: typeId('org_id', 'org'),
  serviceAccountId: typeId('service_account_id', 'svc').notNull(),
  name: text('name'),
  hash: bytea('hash').notNull(),
  prefix: text('prefix').notNull(),
  last4: text('last4').notNull(),
  permissions: text('permissions').array(),
  status: text('status', { enum: ['active', 'revoked'] }).notNull(),
  version: version().notNull(),
  minVersion: version('min_version').notNull(),
  floorChangedAt: at('floor_changed_at'),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull(),
  expiresAt: at('expires_at').notNull(),
  lastUsedAt: at('last_used_at'),
  replacedBy: typeId('replaced_by', 'apk'),
  remindedDays: smallint('reminded_days'),
})

export const platformAccountUses = pgTable('platform_account_uses', {
  serviceAccountId: typeId('service_account_id', 'svc').notNull(),
  orgId: typeId('org_id', 'org').notNull(),
  usedOn: date('used_on').notNull(),
})

export const oauthAuthorizations = pgTable('oauth_authorizations', {
  id: typeId('id', 'azr').primaryKey(),
  clientId: text('client_id').notNull(),
  request: jsonb('request').$type<AuthorizationRequest>().notNull(),
  browserHash: bytea('browser_hash').notNull(),
  createdAt: at('created_at').notNull(),
  expiresAt: at('expires_at').notNull(),
  userId: typeId('user_id', 'user'),
  sessionId: typeId('session_id', 'ses'),
  organizationId: typeId('organization_id', 'org'),
  decision: text('decision', { enum: ['approved', 'denied'] }),
  continuationHash: bytea('continuation_hash'),
  continuedAt: at('continued_at'),
})

export const oauthCodes = pgTable('oauth_codes', {
  id: typeId('id', 'cod').primaryKey(),
  hash: bytea('hash').notNull(),
  clientId: text('client_id').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  parentSessionId: typeId('parent_session_id', 'ses').notNull(),
  organizationId: typeId('organization_id', 'org'),
  request: jsonb('request').$type<AuthorizationRequest>().notNull(),
  createdAt: at('created_at').notNull(),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
  sessionId: typeId('session_id', 'ses'),
})

export const oauthPushedRequests = pgTable('oauth_pushed_requests', {
  id: typeId('id', 'par').primaryKey(),
  hash: bytea('hash').notNull(),
  clientId: text('client_id').notNull(),
  parameters: jsonb('parameters').$type<Record<string, string>>().notNull(),
  createdAt: at('created_at').notNull(),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
})

export const oauthUsedAssertions = pgTable('oauth_used_assertions', {
  clientId: text('client_id').notNull(),
  hash: bytea('hash').notNull(),
  expiresAt: at('expires_at').notNull(),
})

export const oauthDeviceAuthorizations = pgTable('oauth_device_authorizations', {
  id: typeId('id', 'dva').primaryKey(),
  hash: bytea('hash').notNull(),
  userCode: text('user_code').notNull(),
  clientId: text('client_id').notNull(),
  scope: text('scope').array().notNull(),
  wantedOrganizationId: typeId('wanted_organization_id', 'org'),
  clientAddress: text('client_address'),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  intervalSeconds: integer('interval_seconds').notNull(),
  polledAt: at('polled_at'),
  decision: text('decision', { enum: ['approved', 'denied'] }),
  userId: typeId('user_id', 'user'),
  sessionId: typeId('session_id', 'ses'),
  organizationId: typeId('organization_id', 'org'),
  usedAt: at('used_at'),
  childSessionId: typeId('child_session_id', 'ses'),
})

export const oauthUserCodeGuesses = pgTable('oauth_user_code_guesses', {
  hash: bytea('hash').primaryKey(),
  count: integer('count').notNull(),
  overAt: at('over_at').notNull(),
})

export const browserSessions = pgTable('browser_sessions', {
  id: typeId('id', 'brs').primaryKey(),
  hash: bytea('hash').notNull(),
  sessionId: typeId('session_id', 'ses').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  lastUsedAt: at('last_used_at').notNull().defaultNow(),
})

export const oauthConsents = pgTable('oauth_consents', {
  id: typeId('id', 'cns').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  clientId: text('client_id').notNull(),
  scopes: text('scopes').array().notNull(),
  version: version().notNull().default(1),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow(),
  revokedAt: at('revoked_at'),
})

export const userStates = pgTable('user_states', {
  id: typeId('id', 'user').primaryKey(),
  version: version().notNull(),
  status: text('status', { enum: ['active', 'disabled'] }).notNull(),
  sessionsMinVersion: version('sessions_min_version').notNull(),
})

export const organizationStates = pgTable('organization_states', {
  id: typeId('id', 'org').primaryKey(),
  version: version().notNull(),
  status: text('status').notNull(),
  mfaRequiredFrom: at('mfa_required_from'),
  slug: text('slug'),
  accessRules: jsonb('access_rules').$type<AccessRules>(),
  mfaRoles: jsonb('mfa_roles').$type<FactorRoles>(),
})

export const membershipStates = pgTable('membership_states', {
  id: typeId('id', 'mem').primaryKey(),
  organizationId: typeId('organization_id', 'org').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  version: version().notNull(),
  status: text('status').notNull(),
})

/** The epoch of the database that all sessions here were made in. */
export const knownEpoch = pgTable('known_epoch', {
  onlyRow: boolean('only_row').primaryKey().default(true),
  epoch: uuid('epoch').notNull(),
})
