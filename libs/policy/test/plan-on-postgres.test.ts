/**
 * A filter on real PostgreSQL gives the answers of the closures, row by row: true, false and unknown alike for single
 * conditions, and the same rows as `decide` for whole policy sets. `POLICY_SEED` repeats a run, `POLICY_CASES` makes it
 * longer.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { createBudget, stepsPerEvaluation } from '@gatehouse/policy/compile/budget'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { lineageOf } from '@gatehouse/policy/compile/roles'
import { compilePolicySet, roleSetOf, type PolicySource } from '@gatehouse/policy/compile/policy-set'
import { decide } from '@gatehouse/policy/decide/decide'
import { isFilter, type Filter } from '@gatehouse/policy/plan/filter'
import { plan } from '@gatehouse/policy/plan/plan'
import { residualOf } from '@gatehouse/policy/plan/residual'
import { condition, knownValues, roleKeys } from './generated.ts'
import { rowsOnPostgres, valuesOf } from './rows-on-postgres.ts'
import { conditionOf } from './schema.ts'

const seed = Number(process.env['POLICY_SEED'] ?? 20261125)
const cases = Number(process.env['POLICY_CASES'] ?? 60_000)
const rowCount = 100
const filtersPerStatement = 40

const { rows, answersOf, close } = await rowsOnPostgres({ seed, count: rowCount, conversions: true })
t.teardown(close)

t.test('conditions: true, false and unknown are the same in PostgreSQL as in a closure', async (t) => {
  const count = Math.ceil(cases / rowCount)
  const generated = fc.sample(fc.tuple(condition, knownValues), { seed, numRuns: count })
  const seen = new Map<boolean | null, number>()
  let refused = 0
  for (let start = 0; start < generated.length; start += filtersPerStatement) {
    const batch = generated.slice(start, start + filtersPerStatement).flatMap(([source, values]) => {
      const ir = conditionOf(source)
      const residual = residualOf(ir.root, { values, policy: 'p', budget: createBudget(stepsPerEvaluation) })
      if (!isFilter(residual)) refused++
      return isFilter(residual) ? [{ source, values, filter: residual, closure: compileCondition(ir) }] : []
    })
    const answers = await answersOf(batch.map(({ filter }) => filter))
    for (const [number, row] of rows.entries()) {
      for (const [index, { source, values, filter, closure }] of batch.entries()) {
        const answer = answers[number]![index]!
        seen.set(answer, (seen.get(answer) ?? 0) + 1)
        const expected = closure({ ...values, resource: valuesOf(row) }) ?? null
        if (answer !== expected)
          throw new Error(
            `seed ${seed}: ${source}\nknown ${JSON.stringify(values)}\nrow ${JSON.stringify(row)}\nfilter ` +
              `${JSON.stringify(filter)}\nPostgreSQL ${answer}, closure ${expected}`,
          )
      }
    }
  }
  const total = [...seen.values()].reduce((sum, number) => sum + number, 0)
  t.comment(
    `seed ${seed}: ${total} answers compared, ${seen.get(true)} true, ${seen.get(false)} false, ${seen.get(null)} ` +
      `unknown; ${refused} of ${count} conditions cannot be a filter`,
  )
  t.ok(refused < count / 50, 'hardly any condition is refused')
  for (const answer of [true, false, null]) t.ok((seen.get(answer) ?? 0) > total / 20, `${answer} is not rare`)
})

const roles = [
  { key: 'reader', permissions: [] },
  { key: 'clerk', permissions: [], inherits: ['reader'] },
  { key: 'chief', permissions: ['invoice:approve'] },
  { key: 'owner', permissions: [] },
]
const resourceTypes = [{ key: 'invoice', actions: [{ name: 'approve' }], repairRole: 'owner' }]
const someRoles = fc.subarray([...roleKeys])
const rolesByKey = new Map(roles.map((role) => [role.key, role]))
/** What is known where these roles are held: `membership.roles` says them, and what they inherit. */
const valuesHolding = (values: AttributeValues, held: readonly string[]): AttributeValues => ({
  ...values,
  membership: { ...values.membership, roles: [...new Set(held.flatMap((key) => [...lineageOf(rolesByKey, key)]))] },
})
const policy: fc.Arbitrary<PolicySource> = fc
  .record({
    effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
    scope: fc.constantFrom('platform' as const, 'organization' as const),
    source: condition,
    roles: fc.option(someRoles),
  })
  .map(({ effect, scope, source, roles }) => ({
    key: source,
    effect,
    scope,
    resourceType: 'invoice',
    actions: ['approve'],
    when: conditionOf(source),
    ...(roles ? { roles } : {}),
  }))
const question = fc.record({
  policies: fc.array(policy, { minLength: 1, maxLength: 4 }),
  values: knownValues,
  held: fc.subarray([...roleKeys], { maxLength: 1 }),
  onResources: fc.array(fc.record({ resource: fc.nat(rowCount - 1), held: someRoles }), { maxLength: 6 }),
})

type Asked = Parameters<Parameters<typeof question.map>[0]>[0]
const heldOn = ({ held, onResources }: Asked, number: number): string[] => [
  ...held,
  ...onResources.filter(({ resource }) => resource === number).flatMap((limited) => limited.held),
]

t.test('policy sets: the plan lets exactly those rows through that decide allows', async (t) => {
  const count = Math.ceil(cases / rowCount)
  const generated = fc.sample(question, { seed: seed + 1, numRuns: count })
  const kinds = new Map<string, number>()
  let allowed = 0
  let compared = 0
  for (let start = 0; start < generated.length; start += filtersPerStatement) {
    const batch = generated.slice(start, start + filtersPerStatement).map((asked) => {
      const set = compilePolicySet({ resourceTypes, roles, policies: asked.policies })
      const resourceRoles = asked.onResources.map(({ resource }) => {
        const held = heldOn(asked, resource)
        return { resourceId: `r${resource}`, roles: roleSetOf(set, held), values: valuesHolding(asked.values, held) }
      })
      const answer = plan(set, {
        resourceType: 'invoice',
        action: 'approve',
        roles: roleSetOf(set, asked.held),
        values: valuesHolding(asked.values, asked.held),
        resourceRoles,
      })
      kinds.set(answer.kind, (kinds.get(answer.kind) ?? 0) + 1)
      return { asked, set, answer }
    })
    const filterOf = ({ answer }: (typeof batch)[number]): Filter =>
      answer.kind === 'conditional' ? answer.filter : { op: 'constant', value: answer.kind === 'always_allow' }
    const answers = await answersOf(batch.map(filterOf))
    for (const [number, row] of rows.entries()) {
      for (const [index, { asked, set, answer }] of batch.entries()) {
        if (answer.kind === 'not_filterable') continue
        const held = heldOn(asked, number)
        const decision = decide(set, {
          resourceType: 'invoice',
          action: 'approve',
          roles: roleSetOf(set, held),
          values: { ...valuesHolding(asked.values, held), resource: valuesOf(row) },
        })
        const passes = answers[number]![index] === true
        compared++
        if (passes) allowed++
        if (passes !== decision.allowed)
          throw new Error(
            `seed ${seed + 1}: ${JSON.stringify(asked.policies)}\nroles ${held.join()} known ` +
              `${JSON.stringify(asked.values)}\nrow ${JSON.stringify(row)}\nplan ` +
              `${JSON.stringify(answer)}\nPostgreSQL ${passes}, decide ${JSON.stringify(decision)}`,
          )
      }
    }
  }
  t.comment(`seed ${seed + 1}: ${compared} decisions compared, ${allowed} allowed; ${JSON.stringify([...kinds])}`)
  t.ok(allowed > compared / 20 && allowed < compared * 0.95, 'both answers are common')
  t.ok((kinds.get('conditional') ?? 0) > count / 5, 'many plans depend on the resource')
})
