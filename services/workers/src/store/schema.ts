/** The tables of workers that its own code touches. The ledger and the inbox are the kit's. */
import { jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { typeId } from '@gatehouse/service-kit/postgres/type-id'

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
  },
  (table) => [primaryKey({ columns: [table.id, table.occurredAt] })],
)
