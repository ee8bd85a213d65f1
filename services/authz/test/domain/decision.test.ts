/**
 * A plan and a check agree on every resource, for roles in every way they can be held: for all resources or for one,
 * inherited, for a time, through a group; under policies on roles and on `membership.roles`. `POLICY_CASES` makes the
 * run longer.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import type { Filter } from '@gatehouse/policy/plan/filter'
import { plan, type Plan } from '@gatehouse/policy/plan/plan'
import { conditionSchema, catalogOf, type Application } from '../../src/domain/catalog.ts'
import { answer, planFor } from '../../src/domain/decision.ts'
import type { HeldRole } from '../../src/domain/facts.ts'
import { memberSubject, type Subject } from '../../src/domain/subject.ts'
import { modelOf } from '../../src/facts/policy-models.ts'
import { invoices } from '../fixtures/catalog.ts'

const seed = Number(process.env['POLICY_SEED'] ?? 20261130)
const numRuns = Number(process.env['POLICY_CASES'] ?? 1_000)
const nowMs = Date.parse('2026-11-30T00:00:00Z')

const applications = [{ key: 'invoices', version: 1, manifest: invoices as Application['manifest'] }]
const catalog = catalogOf(applications)
const schema = conditionSchema(catalog, 'invoice')
const keys = ['reader', 'clerk', 'chief'] as const
const roles = [
  { key: 'reader', permissions: ['invoice:read'], inherits: [] },
  { key: 'clerk', permissions: [], inherits: ['reader'] },
  { key: 'chief', permissions: ['invoice:approve'], inherits: ['clerk'] },
].map((role) => ({ ...role, id: `role_${role.key}`, orgId: 'org_1' }))

const known = new Map<string, CheckedIr>()
const conditionOf = (source: string): CheckedIr => {
  const found = known.get(source)
  if (found) return found
  const parsed = parseCondition(source)
  if (!parsed.ok) throw new Error(`${source}: ${parsed.error}`)
  const checked = checkCondition(parsed.ir, schema)
  if (!checked.ok) throw new Error(`${source}: ${JSON.stringify(checked.problems)}`)
  known.set(source, checked.ir)
  return checked.ir
}
const role = fc.constantFrom(...keys)
const onRoles = fc.oneof(
  role.map((key) => `"${key}" in membership.roles`),
  role.map((key) => `!("${key}" in membership.roles)`),
  fc.integer({ min: 0, max: 3 }).map((count) => `size(membership.roles) > ${count}.0`),
  fc.tuple(fc.constantFrom('exists', 'all'), role).map(([test, key]) => `membership.roles.${test}(x, x != "${key}")`),
  fc.constant('resource.amount < 10.0'),
)
const when = fc
  .tuple(fc.constantFrom(' && ', ' || '), fc.array(onRoles, { minLength: 1, maxLength: 3 }))
  .map(([join, parts]) => parts.map((part) => `(${part})`).join(join))
const policies = fc.array(
  fc.record({
    effect: fc.constantFrom('allow' as const, 'deny' as const),
    roles: fc.option(fc.subarray([...keys], { minLength: 1 })),
    when: fc.option(when),
  }),
  { minLength: 1, maxLength: 4 },
)
const ids = ['a', 'b', 'c'] as const
/**
 * As the store gives them: what is held through a group has the end of whichever ends first, and stands beside what is
 * held directly.
 */
const held: fc.Arbitrary<HeldRole> = fc
  .record({
    key: role,
    on: fc.option(fc.constantFrom(...ids), { freq: 2 }),
    type: fc.constantFrom('invoice', 'invoice', 'invoice', 'planet'),
    expiresAtMs: fc.constantFrom(undefined, undefined, nowMs - 1, nowMs, nowMs + 1),
  })
  .map(({ key, on, type, expiresAtMs }) => ({
    roleId: `role_${key}`,
    expiresAtMs,
    resource: on === null ? undefined : { type, id: on },
  }))
const cases = fc.record({
  policies,
  held: fc.array(held, { maxLength: 5 }),
  action: fc.constantFrom('read', 'approve'),
})
type Case = Parameters<Parameters<typeof cases.map>[0]>[0]

function subjectOf({ policies: written, held: holding }: Case): Subject {
  const model = modelOf({
    applications,
    roles,
    policies: written.map(({ effect, roles: only, when: source }, index) => ({
      key: `p${index}`,
      orgId: 'org_1',
      effect,
      resourceType: 'invoice',
      actions: ['read', 'approve'],
      roles: only,
      condition: source === null ? null : conditionOf(source),
    })),
    shadowed: new Set(),
  } as never)
  return memberSubject(
    { model, directory: {} },
    {
      nowMs,
      request: {},
      isByApplication: true,
      orgId: 'org_1',
      userId: 'user_1',
      user: { version: 1, status: 'active', emailVerified: true },
      member: { id: 'mem_1', version: 1, status: 'active', isOwner: false, attributes: {}, roles: holding },
    },
  )
}

type Row = { readonly id: string; readonly amount: number | null }
const rows: readonly Row[] = [...ids, 'd'].flatMap((id) => [5, 50, null].map((amount) => ({ id, amount })))
/** What PostgreSQL answers to the filters these conditions can become; the engine's own tests ask PostgreSQL itself. */
function passes(filter: Filter, row: Row): boolean | null {
  switch (filter.op) {
    case 'constant':
      return filter.value
    case 'not': {
      const inner = passes(filter.filter, row)
      return inner === null ? null : !inner
    }
    case 'and':
    case 'or': {
      const answers = filter.filters.map((part) => passes(part, row))
      const settling = filter.op === 'or'
      if (answers.includes(settling)) return settling
      return answers.includes(null) ? null : !settling
    }
    case 'in':
      return 'list' in filter.right && filter.right.list.some((item) => 'value' in item && item.value === row.id)
    case '<':
      return row.amount === null ? null : row.amount < 10
    default:
      throw new Error(`no condition here becomes ${filter.op}`)
  }
}

const isIn = (found: Plan, row: Row): boolean => {
  if (found.kind === 'conditional') return passes(found.filter, row) === true
  if (found.kind === 'always_allow' || found.kind === 'always_deny') return found.kind === 'always_allow'
  throw new Error(`not a plan to compare: ${JSON.stringify(found)}`)
}

t.test('the plan lets exactly those resources through that a check allows', async (t) => {
  const seen = { allowed: 0, refused: 0, conditional: 0 }
  fc.assert(
    fc.property(cases, (one) => {
      const subject = subjectOf(one)
      const action = { name: one.action }
      const asked = planFor(subject, { resource: { type: 'invoice' }, action })
      if ('errors' in asked) throw new Error(JSON.stringify(asked))
      const found = plan(subject.model.set, asked)
      if (found.kind === 'conditional') seen.conditional++
      return rows.every(({ id, amount }) => {
        const properties = amount === null ? {} : { amount }
        const { allowed } = answer(subject, { resource: { type: 'invoice', id, properties }, action })
        seen[allowed ? 'allowed' : 'refused']++
        return isIn(found, { id, amount }) === allowed
      })
    }),
    { numRuns, seed },
  )
  t.comment(`seed ${seed}: ${numRuns * rows.length} answers compared, ${JSON.stringify(seen)}`)
  for (const count of Object.values(seen)) t.ok(count > numRuns / 10, JSON.stringify(seen))
})

t.test('an inherited role is one of `membership.roles`', async (t) => {
  const subject = subjectOf({
    policies: [{ effect: 'deny', roles: null, when: '"reader" in membership.roles' }],
    held: [{ roleId: 'role_chief', expiresAtMs: undefined }],
    action: 'approve',
  })
  t.match(answer(subject, { resource: { type: 'invoice', id: 'a' }, action: { name: 'approve' } }), {
    allowed: false,
    reason: { code: 'denied_by_policy', policy: 'p0' },
  })
})
