/** The tables of workers that its own code touches. The ledger and the inbox are the kit's. */
import {
  bigint,
  boolean,
  customType,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'
import { typeId } from '@gatehouse/service-kit/postgres/type-id'

/** Made by the database of what the record says in clear; read by nothing but a search. */
const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** Append-only, partitioned by month. */
export const auditEvents = pgTable(
  'audit_events',
  {
    id: typeId('id', 'aud').notNull(),
    occurredAt: timestamp('occurred_at', { withTimezone: true, mode: 'string' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true, mode: 'string' }).notNull().defaultNow(),
    producer: text('producer').notNull(),
    action: text('action').notNull(),
    actorType: text('actor_type').notNull(),
    actorId: text('actor_id'),
    targetType: text('target_type').notNull(),
    targetId: text('target_id').notNull(),
    orgId: typeId('org_id', 'org'),
    userId: typeId('user_id', 'user'),
    clientAddress: text('client_address'),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
    correlationId: text('correlation_id').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    outcome: text('outcome', { enum: ['success', 'failure', 'denied'] })
      .notNull()
      .default('success'),
    personalOf: typeId('personal_of', 'user'),
    personalSealed: text('personal_sealed'),
    words: tsvector('words')
      .notNull()
      .generatedAlwaysAs(sql`to_tsvector('simple', '')`),
  },
  (table) => [primaryKey({ columns: [table.id, table.occurredAt] })],
)

const at = (column: string) => timestamp(column, { withTimezone: true, mode: 'string' })
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

export const auditPersonKeys = pgTable('audit_person_keys', {
  userId: typeId('user_id', 'user').primaryKey(),
  keySealed: text('key_sealed'),
  madeAt: at('made_at').notNull().defaultNow(),
  destroyedAt: at('destroyed_at'),
})

export const auditUnsealed = pgTable('audit_unsealed', {
  recordId: typeId('record_id', 'aud').primaryKey(),
  occurredAt: at('occurred_at').notNull(),
  chain: uuid('chain').notNull(),
})

export const auditChains = pgTable('audit_chains', {
  chain: uuid('chain').primaryKey(),
  length: bigint('length', { mode: 'number' }).notNull().default(0),
  head: bytea('head').notNull(),
  checkpointed: bigint('checkpointed', { mode: 'number' }).notNull().default(0),
})

/** Partitioned by month. */
export const auditLinks = pgTable(
  'audit_links',
  {
    chain: uuid('chain').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    recordId: typeId('record_id', 'aud').notNull(),
    occurredAt: at('occurred_at').notNull(),
    hash: bytea('hash').notNull(),
    sealedAt: at('sealed_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.chain, table.seq, table.sealedAt] })],
)

export const auditCheckpoints = pgTable('audit_checkpoints', {
  id: typeId('id', 'acp').primaryKey(),
  madeAt: at('made_at').notNull().defaultNow(),
  size: integer('size').notNull(),
  statement: text('statement').notNull(),
})

export const auditCheckpointHeads = pgTable(
  'audit_checkpoint_heads',
  {
    chain: uuid('chain').notNull(),
    length: bigint('length', { mode: 'number' }).notNull(),
    head: bytea('head').notNull(),
    checkpointId: typeId('checkpoint_id', 'acp').notNull(),
    index: integer('index').notNull(),
    path: bytea('path').notNull(),
  },
  (table) => [primaryKey({ columns: [table.chain, table.length] })],
)

export const auditSigningKeys = pgTable('audit_signing_keys', {
  kid: text('kid').primaryKey(),
  jwk: jsonb('jwk').$type<Record<string, unknown>>().notNull(),
  firstUsedAt: at('first_used_at').notNull().defaultNow(),
})

export const notifications = pgTable(
  'notifications',
  {
    id: typeId('id', 'ntf').primaryKey(),
    userId: typeId('user_id', 'user').notNull(),
    eventId: typeId('event_id', 'evt').notNull(),
    kind: text('kind').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    isShown: boolean('is_shown').notNull(),
    occurredAt: at('occurred_at').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    readAt: at('read_at'),
    seq: bigint('seq', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
  },
  (table) => [unique().on(table.userId, table.eventId)],
)

export const notificationPreferences = pgTable(
  'notification_preferences',
  {
    userId: typeId('user_id', 'user').notNull(),
    kind: text('kind').notNull(),
    inApp: boolean('in_app').notNull(),
    digest: boolean('digest').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.kind] })],
)

export const notificationDigests = pgTable('notification_digests', {
  userId: typeId('user_id', 'user').primaryKey(),
  since: at('since').notNull(),
  dueAt: at('due_at').notNull(),
})

export const undeliverableAddresses = pgTable(
  'undeliverable_addresses',
  {
    id: typeId('id', 'und').primaryKey(),
    addressHash: bytea('address_hash').notNull(),
    userId: typeId('user_id', 'user'),
    mail: text('mail').notNull(),
    reason: text('reason').notNull(),
    refusals: bigint('refusals', { mode: 'number' }).notNull().default(1),
    firstAt: at('first_at').notNull().defaultNow(),
    lastAt: at('last_at').notNull().defaultNow(),
  },
  (table) => [unique().on(table.addressHash)],
)

export const erasedPeople = pgTable('erased_people', {
  userId: typeId('user_id', 'user').primaryKey(),
  erasedAt: at('erased_at').notNull().defaultNow(),
})

export const securityAlerts = pgTable('security_alerts', {
  id: typeId('id', 'alr').primaryKey(),
  rule: text('rule').notNull(),
  severity: text('severity', { enum: ['low', 'medium', 'high', 'critical'] }).notNull(),
  status: text('status', { enum: ['open', 'acknowledged', 'resolved'] })
    .notNull()
    .default('open'),
  sameAs: bytea('same_as').notNull(),
  orgId: typeId('org_id', 'org'),
  userId: typeId('user_id', 'user'),
  data: jsonb('data').$type<Record<string, unknown>>().notNull(),
  count: bigint('count', { mode: 'number' }).notNull().default(1),
  version: bigint('version', { mode: 'number' }).notNull().default(1),
  firstAt: at('first_at').notNull(),
  lastAt: at('last_at').notNull(),
  announcedAt: at('announced_at').notNull().defaultNow(),
  announcedVersion: bigint('announced_version', { mode: 'number' }).notNull().default(1),
  acknowledgedAt: at('acknowledged_at'),
  acknowledgedBy: text('acknowledged_by'),
  resolvedAt: at('resolved_at'),
  resolvedBy: text('resolved_by'),
  resolution: text('resolution'),
})

export const alertObservations = pgTable(
  'alert_observations',
  {
    key: bytea('key').notNull(),
    eventId: typeId('event_id', 'evt').notNull(),
    member: text('member').notNull(),
    at: at('at').notNull(),
    notedAt: at('noted_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.key, table.eventId] })],
)

export const knownDevices = pgTable(
  'known_devices',
  {
    userId: typeId('user_id', 'user').notNull(),
    device: bytea('device').notNull(),
    seenAt: at('seen_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.device] })],
)

export const organizationOwners = pgTable('organization_owners', {
  membershipId: typeId('membership_id', 'mem').primaryKey(),
  orgId: typeId('org_id', 'org').notNull(),
  userId: typeId('user_id', 'user').notNull(),
  isOwner: boolean('is_owner').notNull(),
  version: bigint('version', { mode: 'number' }).notNull(),
})

export const ownersLearned = pgTable('owners_learned', {
  id: boolean('id').primaryKey().default(true),
  at: at('at').notNull().defaultNow(),
})

export const webhookEndpoints = pgTable('webhook_endpoints', {
  id: typeId('id', 'whk').primaryKey(),
  orgId: typeId('org_id', 'org'),
  url: text('url').notNull(),
  description: text('description').notNull().default(''),
  eventTypes: text('event_types').array().notNull(),
  status: text('status', { enum: ['active', 'disabled'] })
    .notNull()
    .default('active'),
  disabledReason: text('disabled_reason'),
  version: bigint('version', { mode: 'number' }).notNull().default(1),
  secretSealed: text('secret_sealed').notNull(),
  previousSecretSealed: text('previous_secret_sealed'),
  previousSecretUntil: at('previous_secret_until'),
  failingSince: at('failing_since'),
  createdBy: typeId('created_by', 'user'),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow(),
  sources: text('sources').array(),
})

export const webhookDeliveries = pgTable('webhook_deliveries', {
  id: typeId('id', 'whd').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
  endpointId: typeId('endpoint_id', 'whk').notNull(),
  orgId: typeId('org_id', 'org'),
  eventId: typeId('event_id', 'evt').notNull(),
  eventType: text('event_type').notNull(),
  orderingKey: text('ordering_key').notNull(),
  payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
  state: text('state', { enum: ['waiting', 'pending', 'delivered', 'failed'] })
    .notNull()
    .default('waiting'),
  run: integer('run').notNull().default(0),
  jobId: typeId('job_id', 'job'),
  attempts: integer('attempts').notNull().default(0),
  lastStatus: integer('last_status'),
  lastError: text('last_error'),
  createdAt: at('created_at').notNull().defaultNow(),
  settledAt: at('settled_at'),
})

export const webhookAttempts = pgTable('webhook_attempts', {
  id: typeId('id', 'wha').primaryKey(),
  deliveryId: typeId('delivery_id', 'whd').notNull(),
  orgId: typeId('org_id', 'org'),
  at: at('at').notNull().defaultNow(),
  durationMs: integer('duration_ms').notNull(),
  status: integer('status'),
  responseBody: text('response_body'),
  error: text('error'),
})
