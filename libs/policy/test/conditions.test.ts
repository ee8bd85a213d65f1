/** What no data file can say of values: source, values, answer. `undefined` is "unknown". */
import t from 'tap'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import { conditionOf } from './schema.ts'

const evaluate = (source: string, values: AttributeValues): boolean | undefined =>
  compileCondition(conditionOf(source))(values)

type Case = readonly [source: string, values: AttributeValues, answer: boolean | undefined]
const tables: Record<string, readonly Case[]> = {
  'a number that is none is no value': [
    ['resource.amount < 10', { resource: { amount: Number.NaN } }, undefined],
    ['resource.amount < 10', { resource: { amount: Number.POSITIVE_INFINITY } }, undefined],
  ],
  'prototype names are names like any other': [
    ['user.constructor == "x"', { user: {} }, undefined],
    ['user.constructor == "x"', JSON.parse('{"user":{"__proto__":{"constructor":"x"}}}') as AttributeValues, undefined],
    ['resource.owner == "x"', { resource: Object.create({ owner: 'x' }) as Record<string, unknown> }, undefined],
  ],
}

for (const [title, cases] of Object.entries(tables)) {
  t.test(title, async (t) => {
    for (const [source, values, answer] of cases)
      t.equal(evaluate(source, values), answer, `${source} with ${JSON.stringify(values)}`)
  })
}
