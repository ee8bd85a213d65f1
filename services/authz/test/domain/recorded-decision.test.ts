/** The decision log is bound by what it writes: per record, per statement and waiting. What is dropped is counted. */
import t from 'tap'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { createDecisionRecorder, mostBatchSize, mostWaitingSize } from '../../src/decision-log/decision-recorder.ts'
import { answer } from '../../src/domain/decision.ts'
import { compileModel } from '../../src/domain/policy-model.ts'
import { mostAttributesSize, recordOf, sizeOfRecord, type Decided } from '../../src/domain/recorded-decision.ts'
import { serviceAccountSubject } from '../../src/domain/subject.ts'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { invoices } from '../fixtures/catalog.ts'

const rows = {
  applications: [{ key: 'invoices', manifest: invoices, version: 1 }],
  roles: [],
  policies: [],
  shadowed: new Set<string>(),
}
const model = { ...compileModel(rows), keysById: new Map<string, string>(), shadowed: rows.shadowed }
const orgId = newId('org')
const subject = serviceAccountSubject(
  { model, directory: {} },
  {
    nowMs: 0,
    request: {},
    isByApplication: false,
    orgId,
    serviceAccountId: 'svc',
    account: { version: 1, status: 'active', roles: [] },
    scope: undefined,
    isOfPlatform: false,
  },
)
const decided = (properties: Record<string, unknown>): Decided => {
  const question = { resource: { type: 'invoice', id: '1', properties }, action: { name: 'read' } }
  return {
    orgId,
    named: { type: 'service_account', id: 'svc' },
    subject,
    question,
    given: answer(subject, question),
  } as Decided
}

t.test('what is too long to keep is left out by name, like what is sensitive', async (t) => {
  const record = recordOf(decided({ department: 'x'.repeat(100_000), amount: 5 }), new Date())
  t.match(record, { withheld: ['resource.department'], attributes: { resource: { amount: 5 } } })
  t.ok(record && sizeOfRecord(record) < mostAttributesSize)
})

t.test(
  '1,000 questions that share long attributes are written in bounded statements; what has no room is counted',
  async (t) => {
    const sizes: number[] = []
    const system = {
      execute: async (statement: unknown) => void sizes.push(JSON.stringify(statement).length),
    } as unknown as Db
    const recorder = createDecisionRecorder({ system, log, clock: systemClock, sampleRate: 1 })
    const properties = { department: 'x'.repeat(mostAttributesSize - 1000) }
    for (let question = 0; question < 1000; question += 1) recorder.note(decided(properties))
    await recorder.flush()
    t.ok(sizes.length >= 4, `${sizes.length} statements`)
    t.ok(Math.max(...sizes) < 1.2 * mostBatchSize)
    sizes.length = 0
    const most = Math.ceil(mostWaitingSize / mostAttributesSize)
    for (let question = 0; question < 2 * most; question += 1) recorder.note(decided(properties))
    await recorder.flush()
    t.ok(sizes.reduce((sum, size) => sum + size, 0) < 1.2 * mostWaitingSize)
    t.ok(sizes.length > 0)
  },
)
