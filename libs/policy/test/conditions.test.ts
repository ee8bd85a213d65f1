/** What each operator means, written as tables: source, values, answer. `undefined` is "unknown". */
import t from 'tap'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import { schema } from './schema.ts'

function evaluate(source: string, values: AttributeValues): boolean | undefined {
  const parsed = parseCondition(source)
  if (!parsed.ok) throw new Error(`${source}: ${parsed.error}`)
  const checked = checkCondition(JSON.parse(JSON.stringify(parsed.ir)) as typeof parsed.ir, schema)
  if (!checked.ok) throw new Error(`${source}: ${checked.problems.map((problem) => problem.error).join('; ')}`)
  return compileCondition(JSON.parse(JSON.stringify(checked.ir)) as typeof checked.ir)(values)
}

type Case = readonly [source: string, values: AttributeValues, answer: boolean | undefined]
const none: AttributeValues = {}
const resource = (values: Record<string, unknown>): AttributeValues => ({ resource: values })

const tables: Record<string, readonly Case[]> = {
  'equality compares values of one type': [
    ['resource.owner == "a"', resource({ owner: 'a' }), true],
    ['resource.owner == "a"', resource({ owner: 'A' }), false],
    ['resource.owner != "a"', resource({ owner: 'b' }), true],
    ['resource.amount == 10', resource({ amount: 10.0 }), true],
    ['resource.amount == 10.5', resource({ amount: 10.5 }), true],
    ['resource.locked == true', resource({ locked: true }), true],
    ['resource.locked != true', resource({ locked: true }), false],
    ['resource.owner == "é"', resource({ owner: 'é' }), true],
  ],
  'order is numeric, by code point for text, by instant for timestamps': [
    ['resource.amount < 10', resource({ amount: 9.99 }), true],
    ['resource.amount < 10', resource({ amount: 10 }), false],
    ['resource.amount <= 10', resource({ amount: 10 }), true],
    ['resource.amount > -3', resource({ amount: -2 }), true],
    ['resource.amount >= 3', resource({ amount: 2 }), false],
    ['resource.owner < "b"', resource({ owner: 'a' }), true],
    ['resource.owner < "a"', resource({ owner: 'a' }), false],
    ['resource.owner > "a"', resource({ owner: 'aa' }), true],
    ['resource.owner > "\uffee"', resource({ owner: '\u{1f600}' }), true],
    ['10 > resource.amount', resource({ amount: 3 }), true],
    ['resource.due_at < timestamp("2026-01-01T00:00:00Z")', resource({ due_at: '2025-12-31T23:59:59.999Z' }), true],
    ['resource.due_at == timestamp("2026-01-01T00:00:00Z")', resource({ due_at: '2026-01-01T02:00:00+02:00' }), true],
    ['request.time >= resource.due_at', { resource: { due_at: '2026-01-01T00:00:00Z' }, request: { time: Date.UTC(2026, 0, 2) } }, true],
  ],
  'a missing value, or one of another type, is unknown': [
    ['resource.owner == "a"', none, undefined],
    ['resource.owner != "a"', none, undefined],
    ['resource.amount < 10', resource({ amount: '9' }), undefined],
    ['resource.amount < 10', resource({ amount: Number.NaN }), undefined],
    ['resource.amount < 10', resource({ amount: null }), undefined],
    ['resource.locked', resource({}), undefined],
    ['resource.due_at < request.time', resource({ due_at: 'yesterday' }), undefined],
    ['resource.due_at < timestamp("2027-01-01T00:00:00Z")', resource({ due_at: '2026-02-30T00:00:00Z' }), undefined],
    ['"a" in resource.tags', resource({ tags: ['a', 1] }), undefined],
    ['resource.owner == membership.department', resource({ owner: 'a' }), undefined],
  ],
  'and, or, not follow three-valued logic': [
    ['true && true', none, true],
    ['true && false', none, false],
    ['resource.locked && false', none, false],
    ['resource.locked && true', none, undefined],
    ['true && true && resource.locked', resource({ locked: true }), true],
    ['resource.locked || true', none, true],
    ['resource.locked || false', none, undefined],
    ['false || false', none, false],
    ['!resource.locked', none, undefined],
    ['!resource.locked', resource({ locked: false }), true],
    ['!(resource.locked && true)', resource({ locked: true }), false],
    ['true || false && false', none, true],
  ],
  'in is equality with any item': [
    ['resource.owner in ["a", "b"]', resource({ owner: 'b' }), true],
    ['resource.owner in ["a", "b"]', resource({ owner: 'c' }), false],
    ['resource.owner in ["a"]', none, undefined],
    ['resource.owner in []', none, false],
    ['resource.amount in [1, 2.5]', resource({ amount: 2.5 }), true],
    ['"a" in resource.tags', resource({ tags: ['a'] }), true],
    ['"a" in resource.tags', resource({ tags: [] }), false],
    ['"a" in resource.tags', none, undefined],
    ['resource.owner in resource.tags', resource({ tags: [] }), false],
    ['resource.owner in resource.tags', resource({ tags: ['x'] }), undefined],
    ['"a" in [resource.owner, "a"]', none, true],
    ['"a" in [resource.owner, "b"]', none, undefined],
    ['!(resource.owner in ["a"])', resource({ owner: 'b' }), true],
  ],
  'has() answers whether there is a value': [
    ['has(resource.owner)', none, false],
    ['has(resource.owner)', resource({ owner: '' }), true],
    ['has(resource.amount)', resource({ amount: 'ten' }), false],
    ['!has(resource.owner) || resource.owner == "a"', none, true],
    ['has(user.constructor)', { user: {} }, false],
    ['has(user.constructor)', { user: { constructor: 'x' } }, true],
  ],
  'text tests are case-sensitive and literal': [
    ['resource.owner.startsWith("ab")', resource({ owner: 'abc' }), true],
    ['resource.owner.startsWith("b")', resource({ owner: 'abc' }), false],
    ['resource.owner.endsWith("bc")', resource({ owner: 'abc' }), true],
    ['resource.owner.endsWith("BC")', resource({ owner: 'abc' }), false],
    ['resource.owner.contains("%")', resource({ owner: 'abc' }), false],
    ['resource.owner.contains("")', resource({ owner: '' }), true],
    ['"abc".startsWith(resource.owner)', resource({ owner: 'a' }), true],
    ['resource.owner.contains("a")', none, undefined],
  ],
  'size counts items, and code points of a text': [
    ['size(resource.tags) == 2', resource({ tags: ['a', 'b'] }), true],
    ['size(resource.tags) > 0', none, undefined],
    ['size(resource.owner) == 1', resource({ owner: '\u{1f600}' }), true],
    ['resource.owner.size() >= 3', resource({ owner: 'abc' }), true],
    ['size(["a", "b"]) == 2', none, true],
  ],
  'prototype names are names like any other': [
    ['user.constructor == "x"', { user: {} }, undefined],
    ['user.constructor == "x"', JSON.parse('{"user":{"__proto__":{"constructor":"x"}}}') as AttributeValues, undefined],
    ['resource.owner == "x"', { resource: Object.create({ owner: 'x' }) as Record<string, unknown> }, undefined],
  ],
}

for (const [title, cases] of Object.entries(tables)) {
  t.test(title, async (t) => {
    for (const [source, values, answer] of cases) t.equal(evaluate(source, values), answer, `${source} with ${JSON.stringify(values)}`)
  })
}
