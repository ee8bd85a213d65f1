/**
 * A refusal for want of attributes names all of them at once: whoever states every one that is named is not told of
 * another one then. Conditions with `has()` are left out of the generated ones, because stating an attribute is an
 * answer to them and may raise other questions. `POLICY_SEED` repeats a run, `POLICY_CASES` makes it longer.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { compilePolicySet, roleSetOf, type PolicySource } from '@gatehouse/policy/compile/policy-set'
import { decide } from '@gatehouse/policy/decide/decide'
import type { AttributeSource, AttributeType } from '@gatehouse/policy/ir/condition'
import { condition, knownValues, roleKeys } from './generated.ts'
import { conditionOf, schema } from './schema.ts'

const seed = Number(process.env['POLICY_SEED'] ?? 20261130)
const cases = Number(process.env['POLICY_CASES'] ?? 2000)

const roles = [
  { key: 'reader', permissions: [] },
  { key: 'clerk', permissions: [], inherits: ['reader'] },
  { key: 'chief', permissions: ['invoice:approve'] },
  { key: 'owner', permissions: [] },
]
const resourceTypes = [{ key: 'invoice', actions: [{ name: 'approve' }], repairRole: 'owner' }]
const policyOf = (more: Partial<PolicySource>): PolicySource => ({
  key: 'p',
  effect: 'allow',
  scope: 'organization',
  resourceType: 'invoice',
  actions: ['approve'],
  ...more,
})
const setOf = (policies: readonly PolicySource[]) => compilePolicySet({ resourceTypes, roles, policies })

type Asked = {
  readonly policies: readonly PolicySource[]
  readonly held?: readonly string[]
  readonly values?: AttributeValues
}
function reasonOf({ policies, held = [], values = {} }: Asked) {
  const set = setOf(policies)
  return decide(set, { resourceType: 'invoice', action: 'approve', roles: roleSetOf(set, held), values }).reason
}
const missingIn = (asked: Asked): readonly string[] => {
  const reason = reasonOf(asked)
  return 'missing' in reason ? reason.missing : []
}

t.test('the attributes of every policy that could not be evaluated are named, each once', async (t) => {
  const when = (source: string) => ({ key: source, when: conditionOf(source) })
  const allows = [
    policyOf(when('resource.amount < 10')),
    policyOf(when('resource.owner == user.id && resource.amount < 99')),
    policyOf(when('has(resource.tags)')),
  ]
  const denies = [
    policyOf({ ...when('resource.locked'), effect: 'deny' }),
    policyOf({ ...when('organization.frozen'), effect: 'deny' }),
  ]
  t.same(missingIn({ policies: allows }), ['resource.amount', 'resource.owner', 'user.id'])
  t.same(missingIn({ policies: denies, held: ['chief'] }), ['resource.locked', 'organization.frozen'])
  t.same(
    missingIn({ policies: [...allows, ...denies], values: { resource: { amount: 50 } } }),
    ['resource.owner', 'user.id', 'resource.locked', 'organization.frozen'],
    'what a deny lacks is named as well where nothing is granted yet',
  )
  t.same(
    missingIn({
      policies: [allows[1]!, denies[1]!],
      held: ['owner'],
      values: { resource: { amount: 1 }, user: { id: 'a' } },
    }),
    ['resource.owner'],
    'a deny that does not stop the holder of a repair role lacks nothing',
  )
})

const valueOf: { readonly [T in AttributeType]: unknown } = {
  string: 'a',
  number: 1,
  boolean: true,
  timestamp: '2026-01-01T00:00:00Z',
  string_list: ['a', 'eu'],
}

/** The same values and one for every attribute that is named. */
function withNamed(values: AttributeValues, names: readonly string[]): AttributeValues {
  return names.reduce<AttributeValues>((sofar, written) => {
    const [source, name] = written.split('.') as [AttributeSource, string]
    const type = schema[source]?.[name]?.type
    if (!type) throw new Error(`${written} is not an attribute`)
    return { ...sofar, [source]: { ...sofar[source], [name]: valueOf[type] } }
  }, values)
}

t.test('whoever states what is named is not told of another one', async (t) => {
  const asking = condition.filter((source) => !source.includes('has('))
  const generated = fc.record({
    effects: fc.array(fc.tuple(fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const), asking), {
      minLength: 1,
      maxLength: 4,
    }),
    held: fc.subarray([...roleKeys], { maxLength: 1 }),
    values: knownValues,
  })
  let refused = 0
  for (const { effects, held, values } of fc.sample(generated, { seed, numRuns: cases })) {
    const policies = effects.map(([effect, source]) => policyOf({ key: source, effect, when: conditionOf(source) }))
    const named = missingIn({ policies, held, values })
    if (named.length === 0) continue
    refused++
    const reason = reasonOf({ policies, held, values: withNamed(values, named) })
    if ('missing' in reason)
      throw new Error(
        `seed ${seed}: ${JSON.stringify(effects)} with ${JSON.stringify(values)}: first ${named.join()}, then ` +
          `${reason.missing.join()}`,
      )
  }
  t.ok(refused > cases / 10, `${refused} of ${cases} were refused for want of something`)
})
