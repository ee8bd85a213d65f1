/** One evaluation out of many, with what the top of the request fills in (AuthZEN 1.0 §7.1). */
import t from 'tap'
import { evaluationReader } from '../../src/domain/authzen-request.ts'

const top = {
  subject: { type: 'user', id: 'user_01' },
  action: { name: 'read', properties: { mode: 'soft' } },
  resource: { type: 'invoice', id: '1', properties: { amount: 5 } },
  context: { a: 1 },
}

t.test('what an item does not say comes from the top', async (t) => {
  t.match(evaluationReader(top)({}), { ok: true, evaluation: top })
  t.match(evaluationReader(top)({ resource: { id: '2' } }), {
    ok: true,
    evaluation: { resource: { type: 'invoice', id: '2' } },
  })
})

t.test('properties of one resource never count for another', async (t) => {
  const read = evaluationReader(top)({ resource: { id: '2' }, action: { name: 'approve' } })
  t.equal(read.ok && read.evaluation.resource.properties, undefined)
  t.equal(read.ok && read.evaluation.action.properties, undefined)
  t.same(evaluationReader(top)({ context: {} }), { ok: true, evaluation: { ...top, context: {} } })
})

t.test('each mistake is told by the name of its part', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`p${n}`, n]))
  const cases: [object, RegExp][] = [
    [{ subject: 'me' }, /^subject must be an object/],
    [{ subject: { type: '' } }, /^subject\.type/],
    [{ resource: { id: 'x'.repeat(257) } }, /^resource\.id/],
    [{ resource: { properties: [] } }, /^resource\.properties/],
    [{ resource: { properties: { ['x'.repeat(201)]: 1 } } }, /^resource\.properties/],
    [{ action: { name: 7 } }, /^action\.name/],
    [{ action: { properties: many } }, /^action\.properties/],
    [{ context: many }, /^context/],
    [{ context: 'x' }, /^context/],
  ]
  for (const [item, message] of cases)
    t.match(evaluationReader(top)(item as Record<string, unknown>), { ok: false, message })
  for (const part of ['subject', 'action', 'resource'])
    t.match(evaluationReader({ ...top, [part]: undefined })({}), { ok: false, message: `${part} is required` })
})
