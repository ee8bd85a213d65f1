/**
 * What plans are: when they settle, what they refuse, and how a filter is written. That they are right is shown on
 * PostgreSQL.
 */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { PgDialect, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { compilePolicySet, roleSetOf, type PolicySource } from '@gatehouse/policy/compile/policy-set'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { drizzleFilter } from '@gatehouse/policy/plan/drizzle'
import { plan, type Plan } from '@gatehouse/policy/plan/plan'
import { renderSql, type SqlColumns } from '@gatehouse/policy/plan/render-sql'
import { conditionOf } from './schema.ts'

const resourceTypes = [{ key: 'invoice', actions: [{ name: 'read' }], repairRole: 'owner' }]
const roles = [
  { key: 'reader', permissions: ['invoice:read'] },
  { key: 'clerk', permissions: [] },
  { key: 'owner', permissions: ['*:*'] },
]
type Written = Omit<Partial<PolicySource>, 'when'> & { when?: string }
type Asked = {
  held?: string[]
  values?: AttributeValues
  on?: Record<string, string[]>
  action?: string
  type?: string
}

function planned(
  policies: Written[],
  { held = [], values = {}, on = {}, action = 'read', type = 'invoice' }: Asked = {},
): Plan {
  const set = compilePolicySet({
    resourceTypes,
    roles,
    policies: policies.map(({ when, ...rest }) => ({
      key: 'p',
      scope: 'organization',
      effect: 'allow',
      resourceType: 'invoice',
      actions: ['read'],
      ...rest,
      ...(when === undefined ? {} : { when: conditionOf(when) }),
    })),
  })
  const resourceRoles = Object.entries(on).map(([resourceId, keys]) => ({ resourceId, roles: roleSetOf(set, keys) }))
  return plan(set, { resourceType: type, action, roles: roleSetOf(set, held), values, resourceRoles })
}
const columns = { id: 'id', owner: 'owner', amount: 'amount', tags: 'tags', locked: 'locked' }
const written = (result: Plan) => (result.kind === 'conditional' ? renderSql(result.filter, columns) : result.kind)

t.test('a plan settles when the resource makes no difference', async (t) => {
  t.equal(written(planned([])), 'always_deny')
  t.equal(written(planned([], { held: ['reader'] })), 'always_allow')
  t.equal(written(planned([], { held: ['reader'], type: 'planet' })), 'always_deny')
  t.equal(written(planned([], { held: ['reader'], action: '__proto__' })), 'always_deny')
  t.equal(
    written(planned([{ when: 'user.id == "a" || resource.locked' }], { values: { user: { id: 'a' } } })),
    'always_allow',
  )
  t.equal(
    written(planned([{ when: 'user.id == "a" && resource.locked' }], { values: { user: { id: 'b' } } })),
    'always_deny',
  )
  t.equal(
    written(planned([{ when: 'user.id == "a" && resource.locked' }])),
    'always_deny',
    'a missing value of the asker grants nothing',
  )
  t.equal(
    written(planned([{ effect: 'deny', when: 'user.id == "a"' }], { held: ['reader'] })),
    'always_deny',
    'and a deny it leaves open denies',
  )
  t.equal(
    written(planned([{ effect: 'deny' }], { held: ['owner'] })),
    'always_allow',
    'an organization does not stop its owner',
  )
  t.equal(written(planned([{ effect: 'deny', scope: 'platform' }], { held: ['owner'] })), 'always_deny')
  t.equal(
    written(planned([{ when: 'resource.locked' }], { values: { resource: { locked: true } } })),
    'always_allow',
    'a given value is known',
  )
  t.equal(
    written(
      planned([{ when: 'membership.regions.exists(r, r == resource.owner)' }], {
        values: { membership: { regions: [] } },
      }),
    ),
    'always_deny',
  )
})

t.test('what is open becomes a filter with parameters', async (t) => {
  t.same(written(planned([{ when: 'resource.owner == user.id' }], { values: { user: { id: "o'x" } } })), {
    text: '((owner) = $1::text)',
    params: ["o'x"],
  })
  t.same(written(planned([{ when: 'user.id == "z" || resource.amount < 10' }], { values: { user: { id: 'a' } } })), {
    text: '((amount) < $1::float8)',
    params: [10],
  })
  t.same(
    written(
      planned([{ when: 'membership.regions.exists(r, r == resource.owner)' }], {
        values: { membership: { regions: ['a', 'b'] } },
      }),
    ),
    { text: '((owner) = any($1::text[]))', params: [['a', 'b']] },
  )
  t.same(written(planned([{ effect: 'deny', when: 'resource.locked' }], { held: ['reader'] })), {
    text: '(not ((locked) = $1::boolean))',
    params: [true],
  })
})

t.test('roles on single resources become conditions on their ids, and may deny as well', async (t) => {
  t.same(written(planned([], { on: { r1: ['reader'], r2: ['clerk'] } })), {
    text: '((id) = any($1::text[]))',
    params: [['r1']],
  })
  t.equal(
    written(planned([], { held: ['reader'], on: { r1: ['reader'] } })),
    'always_allow',
    'nothing is added to what is held anyway',
  )
  t.same(written(planned([{ effect: 'deny', roles: ['clerk'] }], { held: ['reader'], on: { r1: ['clerk'] } })), {
    text: '(not ((id) = any($1::text[])))',
    params: [['r1']],
  })
  t.equal(written(planned([], { on: { r1: ['reader'] }, values: { resource: { id: 'r1' } } })), 'always_allow')
  t.equal(written(planned([], { on: { r1: ['reader'] }, values: { resource: { id: 'r2' } } })), 'always_deny')
  t.equal(written(planned([], { on: { 'r\0': ['reader'] } })), 'always_deny', 'no row has this id')
})

t.test('what no filter can say is told, unless what is around it settles the matter', async (t) => {
  const hard = 'resource.tags.exists(x, x == user.id)'
  t.match(planned([{ key: 'hard', when: `true && ${hard}` }], { values: { user: { id: 'a' } } }), {
    kind: 'not_filterable',
    policy: 'hard',
    message: /exists\(\) over a list of the resource/,
    at: 21,
  })
  t.equal(written(planned([{ when: `${hard} && user.id == "b"` }], { values: { user: { id: 'a' } } })), 'always_deny')
  t.equal(written(planned([{ when: hard }], { held: ['reader'] })), 'always_allow', 'an allow that is not needed')
  t.equal(
    planned([{ effect: 'deny', when: hard }], { held: ['reader'] }).kind,
    'not_filterable',
    'a deny is never left out',
  )
  t.equal(planned([{ when: 'inCidr(resource.ip, "10.0.0.0/8")' }]).kind, 'not_filterable')
  t.equal(planned([{ when: '(resource.locked && inCidr(resource.ip, "10.0.0.0/8")) == true' }]).kind, 'not_filterable')
  t.equal(planned([{ when: 'resource.owner == user.id' }], { values: { user: { id: 'a\0' } } }).kind, 'not_filterable')
  t.equal(
    planned([{ when: 'resource.owner == user.id' }], { values: { user: { id: '\ud800' } } }).kind,
    'not_filterable',
  )
  t.equal(
    planned([{ when: 'resource.due_at < request.time' }], { values: { request: { time: 1e300 } } }).kind,
    'not_filterable',
  )
  const many = { values: { membership: { regions: Array.from({ length: 1001 }, (_, index) => `r${index}`) } } }
  t.equal(
    planned([{ when: 'membership.regions.exists(r, resource.owner.startsWith(r))' }], many).kind,
    'not_filterable',
  )
  t.equal(
    planned([{ when: 'membership.regions.exists(r, r == resource.owner)' }], many).kind,
    'conditional',
    'equality is one list',
  )
})

t.test('an attribute without a column is an error that names it, inherited names included', async (t) => {
  const filter = planned([{ when: 'resource.department == "x"' }])
  if (filter.kind !== 'conditional') throw new Error(filter.kind)
  t.throws(() => renderSql(filter.filter, columns), { code: 'unmapped_attribute', attribute: 'department' })
  t.throws(() => renderSql({ op: 'has', attribute: { attribute: 'constructor', type: 'string' } }, columns), {
    code: 'unmapped_attribute',
  })
  t.same(JSON.parse(JSON.stringify(filter)), filter, 'a plan is plain JSON')
})

t.test('a column of another type is converted without any SQL of the caller', async (t) => {
  const filter = planned([{ when: 'resource.owner == user.id' }], { values: { user: { id: 'a' } } })
  if (filter.kind !== 'conditional') throw new Error(filter.kind)
  const textWith = (owner: SqlColumns[string]): string => renderSql(filter.filter, { owner }).text
  t.equal(textWith({ column: 'd.id' }), '(((d.id)::text) = $1::text)')
  t.equal(
    textWith({ column: 'd.data', path: ['owner', "it's"] }),
    "((case jsonb_typeof(((d.data)::jsonb -> 'owner' -> 'it''s')) when 'string' then (((d.data)::jsonb -> 'owner' " +
      "-> 'it''s') #>> '{}') end) = $1::text)",
  )
  for (const name of ['\\', "\\' or true --", '\0'])
    t.throws(() => textWith({ column: 'd.data', path: [name] }), { code: 'unquotable_name' }, JSON.stringify(name))
})

t.test('columns of two collations are compared by code point', async (t) => {
  const filter = planned([{ when: 'resource.owner in resource.tags' }])
  if (filter.kind !== 'conditional') throw new Error(filter.kind)
  t.match(renderSql(filter.filter, { owner: 'o', tags: 't' }).text, /^\(\(o\) collate "C" = any\(/)
})

t.test('drizzle writes the same', async (t) => {
  const invoices = pgTable('invoices', { owner: text('owner'), amount: integer('amount'), tags: text('tags').array() })
  const result = planned(
    [{ when: 'resource.owner in ["a", "b"] && resource.amount >= membership.level && "x" in resource.tags' }],
    { values: { membership: { level: 3 } } },
  )
  if (result.kind !== 'conditional') throw new Error(result.kind)
  const query = new PgDialect().sqlToQuery(
    drizzleFilter(sql, {
      filter: result.filter,
      columns: { owner: invoices.owner, amount: invoices.amount, tags: invoices.tags },
    }),
  )
  const named = { owner: '"invoices"."owner"', amount: '"invoices"."amount"', tags: '"invoices"."tags"' }
  const rendered = renderSql(result.filter, named)
  t.equal(query.sql, rendered.text.replaceAll(/\(("invoices"\."\w+")\)/g, '$1'))
  t.same(query.params, rendered.params)
})
