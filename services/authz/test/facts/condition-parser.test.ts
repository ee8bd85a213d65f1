/**
 * A document's conditions are parsed beside the event loop: a few at a time, for the organization whose they are, each
 * text once.
 */
import t from 'tap'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import { createConditionParser } from '../../src/facts/condition-parser.ts'
import { parseAll } from '../../src/parse-worker.ts'
import { catalogOf } from '../../src/domain/catalog.ts'

const signal = undefined

t.test('450 conditions are 45 pieces of work under the key of their organization', async (t) => {
  const ran: { key: string; count: number }[] = []
  const parse = createConditionParser({
    run: (_name, sources, { key }) => {
      ran.push({ key, count: sources.length })
      return Promise.resolve(parseAll(sources)) as never
    },
  })
  const sources = Array.from({ length: 450 }, (_, n) => `request.risk < ${n}`)
  const parsed = await parse([...sources, ...sources, 'no condition ('], { orgId: 'org_a', signal })
  t.equal(ran.length, 46)
  t.ok(ran.every(({ key, count }) => key === 'org_a' && count <= 10))
  t.match(parsed.get('request.risk < 7'), { ok: true })
  t.match(parsed.get('no condition ('), { ok: false })
  t.ok((await parse(sources, { orgId: 'org_b', signal })).get('request.risk < 449'))
  t.equal(ran.length, 46, 'what was parsed lately is not parsed again')
})

t.test('a check takes what was parsed and parses only what was not', (t) => {
  const policy = { key: 'p', effect: 'deny' as const, resource_type: 'invoice', actions: ['read'], when: 'true' }
  const o = { catalog: catalogOf([]), roles: new Map() }
  const parsed = new Map([
    ['true', { ok: false as const, error: 'said by a thread', position: { line: 1, column: 1, offset: 0 } }],
  ])
  t.match(JSON.stringify(checkPolicyDefinition(policy, { ...o, parsed })), /said by a thread/)
  t.notMatch(JSON.stringify(checkPolicyDefinition(policy, o)), /said by a thread/)
  t.end()
})
