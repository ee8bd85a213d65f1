/**
 * Tables of identity as the code sees them; the truth (checks, policies, grants) is in migrations/.
 * Identifiers are TypeIDs here and UUIDs in the database.
 */
import { typeId } from '@gatehouse/service-kit/postgres/type-id'
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (column: string) => timestamp(column, { withTimezone: true, mode: 'date' })
const version = (column: string) => bigint(column, { mode: 'number' })

export const users = pgTable('users', {
  id: typeId('id', 'user').primaryKey(),
  name: text('name').notNull(),
  status: text('status', { enum: ['active', 'disabled'] })
    .notNull()
    .default('active'),
  version: version('version').notNull().default(1),
  minVersion: version('min_version').notNull().default(0),
  floorChangedAt: at('floor_changed_at'),
  sessionsMinVersion: version('sessions_min_version').notNull().default(0),
  invitationId: typeId('invitation_id', 'inv'),
  deletionDueAt: at('deletion_due_at'),
  pictureUrl: text('picture_url'),
  locale: text('locale'),
  timeZone: text('time_zone'),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** What is left of erased people. */
export const erasedUsers = pgTable('erased_users', {
  id: typeId('id', 'user').primaryKey(),
  version: version('version').notNull(),
  erasedAt: at('erased_at').notNull().defaultNow(),
})

/** Whom a line of another system became. */
export const importedPeople = pgTable('imported_people', {
  externalId: text('external_id').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  importedAt: at('imported_at').notNull().defaultNow(),
})

export const emails = pgTable('emails', {
  id: typeId('id', 'eml').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  address: text('address').notNull(),
  normalizedAddress: text('normalized_address').notNull(),
  verifiedAt: at('verified_at'),
  registeredAt: at('registered_at').notNull().defaultNow(),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const credentials = pgTable('credentials', {
  userId: typeId('user_id', 'user').primaryKey(),
  phc: text('phc').notNull(),
  changedAt: at('changed_at').notNull().defaultNow(),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const emailVerifications = pgTable('email_verifications', {
  id: typeId('id', 'ver').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  emailId: typeId('email_id', 'eml').notNull(),
  name: text('name'),
  phc: text('phc'),
  registeredAt: at('registered_at').notNull().defaultNow(),
  version: version('version').notNull().default(0),
  mailRequestedAt: at('mail_requested_at'),
  provenAt: at('proven_at'),
  source: text('source').notNull().default('unknown'),
})

export const registrationHandles = pgTable('registration_handles', {
  handleHash: bytea('handle_hash').primaryKey(),
  verificationId: typeId('verification_id', 'ver').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const emailVerificationSecrets = pgTable('email_verification_secrets', {
  secretHash: bytea('secret_hash').primaryKey(),
  verificationId: typeId('verification_id', 'ver').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  emailId: typeId('email_id', 'eml').notNull(),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const passwordResets = pgTable('password_resets', {
  id: typeId('id', 'rst').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  emailId: typeId('email_id', 'eml').notNull(),
  requestedAt: at('requested_at').notNull().defaultNow(),
})

export const passwordResetSecrets = pgTable('password_reset_secrets', {
  secretHash: bytea('secret_hash').primaryKey(),
  resetId: typeId('reset_id', 'rst').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
})

export const addressChanges = pgTable('address_changes', {
  id: typeId('id', 'emc').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  address: text('address').notNull(),
  normalizedAddress: text('normalized_address').notNull(),
  requestedAt: at('requested_at').notNull().defaultNow(),
  confirmedAt: at('confirmed_at'),
  oldAddress: text('old_address'),
  oldNormalizedAddress: text('old_normalized_address'),
  undoneAt: at('undone_at'),
})

export const addressChangeSecrets = pgTable('address_change_secrets', {
  secretHash: bytea('secret_hash').primaryKey(),
  changeId: typeId('change_id', 'emc').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  purpose: text('purpose', { enum: ['confirm', 'undo'] }).notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
})

export const signInTransactions = pgTable('sign_in_transactions', {
  id: typeId('id', 'sin').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  userVersion: version('user_version'),
  verificationId: typeId('verification_id', 'ver'),
  challengeHash: bytea('challenge_hash').notNull(),
  purpose: text('purpose', { enum: ['sign_in', 'step_up'] })
    .notNull()
    .default('sign_in'),
  sessionId: typeId('session_id', 'ses'),
  requiresMfa: boolean('requires_mfa').notNull().default(false),
  byEmailCode: boolean('by_email_code').notNull().default(false),
  browserHash: bytea('browser_hash'),
  failures: integer('failures').notNull().default(0),
  amr: text('amr').array().notNull(),
  organizationChoice: text('organization_choice', { enum: ['unsaid', 'none', 'named', 'choose'] }).notNull(),
  organizationId: typeId('organization_id', 'org'),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  consumedAt: at('consumed_at'),
})

export const emailCodes = pgTable(
  'email_codes',
  {
    signInId: typeId('sign_in_id', 'sin').notNull(),
    codeHash: bytea('code_hash').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  ({ signInId, codeHash }) => [primaryKey({ columns: [signInId, codeHash] })],
)

export const signInCounters = pgTable(
  'sign_in_counters',
  {
    scope: text('scope', { enum: ['device', 'pair', 'account', 'source', 'mail'] }).notNull(),
    key: bytea('key').notNull(),
    failures: doublePrecision('failures').notNull(),
    countedAt: at('counted_at').notNull().defaultNow(),
    alarmedAt: at('alarmed_at'),
  },
  ({ scope, key }) => [primaryKey({ columns: [scope, key] })],
)

export const factorSets = pgTable('factor_sets', {
  userId: typeId('user_id', 'user').primaryKey(),
  version: version('version').notNull().default(1),
})

export const totpFactors = pgTable('totp_factors', {
  userId: typeId('user_id', 'user').primaryKey(),
  secretEncrypted: text('secret_encrypted').notNull(),
  confirmedAt: at('confirmed_at'),
  lastStep: version('last_step'),
  lastUsedAt: at('last_used_at'),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    userId: typeId('user_id', 'user').notNull(),
    codeHash: bytea('code_hash').notNull(),
    usedAt: at('used_at'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  ({ userId, codeHash }) => [primaryKey({ columns: [userId, codeHash] })],
)

export const passkeys = pgTable('passkeys', {
  id: typeId('id', 'pky').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  credentialId: bytea('credential_id').notNull(),
  publicKey: bytea('public_key').notNull(),
  signCount: version('sign_count').notNull(),
  name: text('name').notNull(),
  transports: text('transports').array().notNull(),
  isBackedUp: boolean('is_backed_up').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  lastUsedAt: at('last_used_at'),
})

export const passkeyChallenges = pgTable('passkey_challenges', {
  challengeHash: bytea('challenge_hash').primaryKey(),
  purpose: text('purpose', { enum: ['registration', 'authentication'] }).notNull(),
  userId: typeId('user_id', 'user'),
  signInId: typeId('sign_in_id', 'sin'),
  expiresAt: at('expires_at').notNull(),
})

export const rememberedDevices = pgTable('remembered_devices', {
  id: typeId('id', 'rmd').primaryKey(),
  userId: typeId('user_id', 'user').notNull(),
  secretHash: bytea('secret_hash').notNull(),
  name: text('name').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  lastUsedAt: at('last_used_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
})

export const bootstrapMarker = pgTable('bootstrap_marker', {
  onlyOne: boolean('only_one').primaryKey().default(true),
  userId: typeId('user_id', 'user').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
})
