/**
 * The consumers of workers through the suite every consumer goes through: whatever is delivered, each event has its
 * effect once.
 */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { SessionEnded, SessionStarted } from '@gatehouse/contracts/events/tokens/session'
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import { newId, typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import { createJobQueue } from '@gatehouse/service-kit/jobs/queue'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { consumerSuite } from '@gatehouse/test-kit/consumer-suite'
import { quietLog } from '@gatehouse/test-kit/log'
import { auditSubscription, logoutSubscription, mailSubscription } from '../../src/events/subscriptions.ts'
import { audit } from '../fixtures/audit.ts'

const user = newId('user')

t.test('workers--audit', async (t) => {
  await consumerSuite(t, {
    service: 'workers',
    producer: 'tokens',
    aggregatePrefix: 'ses',
    consumer: () => {
      const { consumer: name, handleAll: _, ...effects } = auditSubscription(audit)
      return { name, ...effects }
    },
    sample: (_i, session_id) => ({
      contract: SessionStarted,
      aggregateType: 'session',
      actor: `user:${user}`,
      userId: user,
      data: { session_id, user_id: user, client_id: 'web', amr: ['pwd'] },
    }),
    effects: async (system) =>
      rowsOf<{ id: string }>(
        await system.execute(sql`select id from audit_events order by recorded_at, occurred_at`),
      ).map((row) => typeIdOf('evt', row.id)),
  })
})

t.test('workers--security-alert', async (t) => {
  await consumerSuite(t, {
    service: 'workers',
    producer: 'tokens',
    aggregatePrefix: 'fam',
    consumer: (system) => {
      // Nobody announces here: the row in the ledger is the effect.
      const queue = createJobQueue({
        pipeline: 'security-alert',
        redisUrl: 'redis://127.0.0.1:9',
        prefix: 'none',
        system,
        log: quietLog,
      })
      t.teardown(() => queue.close())
      const { consumer: name, ...effects } = mailSubscription('security-alert', queue)
      return { name, ...effects, onCommitted: () => undefined }
    },
    sample: (_i, family_id) => ({
      contract: FamilyRevoked,
      aggregateType: 'family',
      actor: 'system',
      userId: user,
      data: { family_id, session_id: newId('ses'), user_id: user, reason: 'reuse_detected' },
    }),
    effects: async (system) =>
      rowsOf<{ event_id: string }>(
        await system.execute(sql`select event_id from job_ledger order by created_at, id`),
      ).map((row) => typeIdOf('evt', row.event_id)),
  })
})

t.test('workers--logout', async (t) => {
  await consumerSuite(t, {
    service: 'workers',
    producer: 'tokens',
    aggregatePrefix: 'ses',
    consumer: (system) => {
      const queue = createJobQueue({
        pipeline: 'logout',
        redisUrl: 'redis://127.0.0.1:9',
        prefix: 'none',
        system,
        log: quietLog,
      })
      t.teardown(() => queue.close())
      const { consumer: name, ...effects } = logoutSubscription(queue)
      return { name, ...effects, onCommitted: () => undefined }
    },
    sample: (_i, session_id) => ({
      contract: SessionEnded,
      aggregateType: 'session',
      actor: 'system',
      userId: user,
      data: { session_id, user_id: user, reason: 'logout', min_sv: 2, client_id: newId('client') },
    }),
    effects: async (system) =>
      rowsOf<{ event_id: string }>(
        await system.execute(sql`select event_id from job_ledger order by created_at, id`),
      ).map((row) => typeIdOf('evt', row.event_id)),
  })
})
