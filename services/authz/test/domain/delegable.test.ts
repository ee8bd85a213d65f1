/**
 * What may be handed on, case by case; and that nobody gains by any sequence of writes what the writer could not do.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { catalogOf } from '../../src/domain/catalog.ts'
import {
  delegableOf,
  heldKeysAt,
  mayDelegate,
  missingToGive,
  missingToTake,
  type HeldKey,
} from '../../src/domain/delegable.ts'
import { invoices } from '../fixtures/catalog.ts'
import { gatehouse } from '../fixtures/gatehouse.ts'
import {
  allowedTo,
  carriedOut,
  moments,
  organization,
  writes,
  type Organization,
  type WriteBy,
} from './delegable.sweep.ts'

const catalog = catalogOf([gatehouse, { key: 'invoices', manifest: invoices }])
const roles = new Map([
  ['owner', { key: 'owner', permissions: ['*:*'] }],
  ['reader', { key: 'reader', permissions: ['invoice:read'] }],
  ['heir', { key: 'heir', permissions: [], inherits: ['reader'] }],
  ['all-invoices', { key: 'all-invoices', permissions: ['invoice:*'] }],
  ['purger', { key: 'purger', permissions: ['invoice:purge'] }],
  ['approver', { key: 'approver', permissions: [] }],
  ['stale', { key: 'stale', permissions: ['gone:read', 'invoice:gone'] }],
])
const about = { scope: 'organization' as const, resourceType: 'invoice', actions: ['approve'] }
const forGood = (...keys: string[]): HeldKey[] => keys.map((key) => ({ key, untilMs: Infinity }))
const untilMs = Infinity

t.test('what may be handed on: what is held, a wildcard by that wildcard, sensitive ones by name', async (t) => {
  const cases: readonly (readonly [held: string, permission: string, may: boolean])[] = [
    ['reader', 'invoice:read', true],
    ['heir', 'invoice:read', true],
    ['reader', 'invoice:create', false],
    ['reader', 'invoice:*', false],
    ['all-invoices', 'invoice:create', true],
    ['all-invoices', 'invoice:*', true],
    ['all-invoices', 'invoice:purge', false],
    ['all-invoices', 'gatehouse:roles.read', false],
    ['purger', 'invoice:purge', true],
    ['owner', 'invoice:*', true],
    ['owner', 'gatehouse:roles.read', true],
    ['owner', 'gatehouse:catalog.write', false],
    ['owner', 'invoice:purge', true],
    ['reader', '*:*', false],
    ['owner', '*:*', true],
    ['reader', 'gone:read', false],
    ['owner', 'gone:read', false],
    ['stale', 'gone:read', false],
    ['stale', 'invoice:gone', false],
  ]
  for (const [held, permission, may] of cases)
    t.equal(
      mayDelegate(delegableOf({ roles, policies: [] }, forGood(held)), { permission, catalog, untilMs }),
      may,
      `${held} ${permission}`,
    )
})

t.test('an unknown permission cannot be given, and can be taken', async (t) => {
  const model = { roles, policies: [] }
  for (const held of [['reader', 'purger'], ['owner']]) {
    const delegable = delegableOf(model, forGood(...held))
    t.same(missingToGive(delegable, { model, catalog }, { keys: ['heir', 'purger', 'stale'], untilMs }), [
      'gone:read',
      'invoice:gone',
    ])
    t.same(missingToTake(delegable, { model, catalog }, ['heir', 'purger', 'stale']), [])
  }
})

t.test('what policies give to a role is among its rights', async (t) => {
  const policies = [{ ...about, key: 'approve', effect: 'allow' as const, roles: ['approver'] }]
  const model = { roles, policies }
  const missing = (...held: string[]) =>
    missingToGive(delegableOf(model, forGood(...held)), { model, catalog }, { keys: ['approver'], untilMs })
  t.same(missing('reader'), ['invoice:approve'])
  t.same(missing('all-invoices'), [])
  t.same(missing('approver'), [], 'who holds the role has the same of the policy')
  t.same(missing('owner'), [])
})

t.test('a deny that names a role of the giver, or reads who they are, takes the right to hand on', async (t) => {
  const policies = [{ ...about, key: 'not-them', effect: 'deny' as const, roles: ['approver'] }]
  const model = { roles, policies }
  const wanted = { permission: 'invoice:approve', catalog, untilMs }
  t.equal(mayDelegate(delegableOf(model, forGood('all-invoices')), wanted), true)
  t.equal(mayDelegate(delegableOf(model, forGood('all-invoices', 'approver')), wanted), false)
  t.equal(mayDelegate(delegableOf(model, forGood('all-invoices', 'approver', 'owner')), wanted), true)
  t.same(
    missingToTake(delegableOf(model, forGood('reader')), { model, catalog }, ['approver']),
    ['invoice:approve'],
    'taking the role would free what it forbids',
  )
})

t.test('a grant never outlives its giver’s', async (t) => {
  const model = { roles, policies: [] }
  const held = [
    { roleId: 'reader', expiresAtMs: 10 },
    { roleId: 'purger', expiresAtMs: undefined },
    { roleId: 'all-invoices', expiresAtMs: undefined, resource: { type: 'invoice', id: '1' } },
  ]
  const keysAt = (nowMs: number) => heldKeysAt(held, { nowMs, keyOf: (id) => id })
  t.same(keysAt(5), [
    { key: 'reader', untilMs: 10 },
    { key: 'purger', untilMs: Infinity },
  ])
  t.same(keysAt(10), forGood('purger'))
  const missing = (end: number) =>
    missingToGive(delegableOf(model, keysAt(5)), { model, catalog }, { keys: ['heir', 'purger'], untilMs: end })
  t.same([missing(9), missing(10), missing(11), missing(Infinity)], [[], [], ['invoice:read'], ['invoice:read']])
})

/** What somebody gained by the write that the writer could not do at that moment. */
function gainedBeyondWriter(before: Organization, after: Organization, { by, scope }: WriteBy): string[] {
  return moments.flatMap((nowMs) => {
    const writers = allowedTo(before, by, { nowMs, ...(scope && { scope }) })
    const gained = [...before.people.keys()].flatMap((name) => {
      const had = allowedTo(before, name, { nowMs })
      return [...allowedTo(after, name, { nowMs })].flatMap((one) => (had.has(one) ? [] : [`${name} ${one}`]))
    })
    const byKeys = after.keys
      .slice(before.keys.length)
      .flatMap(({ account, scope: narrow, untilMs: end }) =>
        end > nowMs ? [...allowedTo(after, account, { nowMs, scope: narrow })].map((one) => `key ${one}`) : [],
      )
    return [...gained, ...byKeys]
      .filter((one) => !writers.has(one.slice(one.indexOf(' ') + 1)))
      .map((one) => `${nowMs}: ${one}`)
  })
}

t.test('no sequence of writes gives anybody what the writer could not do', async (t) => {
  const counted = { tried: 0, carriedOut: 0, gaining: 0 }
  const kinds = new Set<string>()
  fc.assert(
    fc.property(organization, writes, (org, sequence) => {
      let current = org
      for (const write of sequence) {
        counted.tried += 1
        const next = carriedOut(current, write)
        if (next === undefined) continue
        counted.carriedOut += 1
        const beyond = gainedBeyondWriter(current, next, write)
        if (beyond.length > 0) throw new Error(`${JSON.stringify(write)} gave ${beyond.join(', ')}`)
        if (gains(current, next)) {
          counted.gaining += 1
          kinds.add(write.write.kind)
        }
        current = next
      }
    }),
    { numRuns: Number(process.env['DELEGABLE_RUNS'] ?? 500) },
  )
  t.comment(
    `${counted.tried} writes tried, ${counted.carriedOut} carried out, ${counted.gaining} gave somebody something`,
  )
  t.ok(counted.gaining > counted.tried / 100, 'and the rule lets people give what they hold')
  t.ok(kinds.size >= 3, `by writes of several kinds: ${[...kinds].join(', ')}`)
})

const gains = (before: Organization, after: Organization): boolean =>
  after.keys.length > before.keys.length ||
  moments.some((nowMs) =>
    [...before.people.keys()].some((name) => {
      const had = allowedTo(before, name, { nowMs })
      return [...allowedTo(after, name, { nowMs })].some((one) => !had.has(one))
    }),
  )
