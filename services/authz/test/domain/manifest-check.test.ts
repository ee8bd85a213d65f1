/** Whether an organization can be brought to a document, and what whoever does it must hold. */
import t from 'tap'
import type { AuthorizationManifest } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { catalogOf } from '../../src/domain/catalog.ts'
import { delegableOf } from '../../src/domain/delegable.ts'
import { checkStep, missingForStep, type ManifestStep } from '../../src/domain/manifest-check.ts'
import { completed, manifestChanges, ordered, type FullManifest } from '../../src/domain/manifest-diff.ts'
import { invoices } from '../fixtures/catalog.ts'

const catalog = catalogOf([{ key: 'invoices', manifest: invoices }])
const nowMs = Date.parse('2026-06-01T00:00:00Z')
const platformRole = { key: 'viewer', permissions: [], inherits: [] }
const owner = { key: 'owner', permissions: ['*:*'], inherits: [] }
const role = (key: string, permissions: string[] = [], inherits: string[] = []) => ({
  key,
  name: key,
  permissions,
  inherits,
})
const current: FullManifest = ordered({
  roles: [role('clerk', ['invoice:create', 'gone:read'])],
  policies: [],
  groups: [{ key: 'team', name: 'Team', members: ['user_gone'] }],
  assignments: [{ principal: { group: 'team' }, role: 'clerk' }],
})
const rolesOf = (manifest: FullManifest) =>
  new Map(
    [owner, platformRole, ...manifest.roles.map((one) => ({ ...one, inherits: one.inherits ?? [] }))].map((one) => [
      one.key,
      one,
    ]),
  )

function step(given: AuthorizationManifest): ManifestStep {
  const wanted = completed(given, current)
  return {
    current,
    wanted,
    changes: manifestChanges(current, wanted),
    catalog,
    rolesBefore: rolesOf(current),
    rolesAfter: rolesOf(wanted),
    policiesBefore: [],
  }
}
const check = (given: AuthorizationManifest) =>
  checkStep(step(given), { given, platformRoles: new Set(['viewer', 'owner']), members: new Set(['user_here']), nowMs })
const paths = (given: AuthorizationManifest) => check(given).errors.map(({ path }) => path)
const held = (...keys: string[]) => keys.map((key) => ({ key, untilMs: Infinity }))
const missing = (given: AuthorizationManifest, ...keys: string[]) => {
  const one = step(given)
  const delegable = delegableOf({ roles: one.rolesBefore, policies: [] }, held(...keys))
  return missingForStep(one, { delegable, conditions: check(given).conditions, nowMs })
}

t.test('what is not touched may stay as it is, even where it could not be made so today', async (t) => {
  t.same(paths(current), [])
  t.same(missing(current), [])
  t.same(paths({ roles: [role('clerk', ['invoice:read', 'gone:read'])] }), ['/roles/0/permissions/1'])
  t.same(paths({ groups: [{ key: 'team', name: 'Team', members: ['user_gone', 'user_other'] }] }), [
    '/groups/0/members/1',
  ])
})

t.test('errors point into the document as it was sent', async (t) => {
  t.same(paths({ roles: [role('clerk'), role('viewer'), role('x', [], ['owner'])] }), [
    '/roles/1/key',
    '/roles/2/inherits/0',
  ])
  t.same(
    paths({
      assignments: [
        { principal: { user: 'user_other' }, role: 'clerk' },
        { principal: { group: 'nobody' }, role: 'owner' },
        {
          principal: { user: 'user_here' },
          role: 'clerk',
          resource: { type: 'order', id: '1' },
          expires_at: '2020-01-01T00:00:00Z',
        },
      ],
    }),
    [
      '/assignments/0/principal',
      '/assignments/1/principal',
      '/assignments/1/role',
      '/assignments/2/resource/type',
      '/assignments/2/expires_at',
    ],
  )
  const burn = { key: 'p', effect: 'allow' as const, resource_type: 'invoice', actions: ['burn'] }
  t.same(
    check({ policies: [burn] }).policyErrors.map(({ path }) => path),
    ['/policies/0/actions/0'],
  )
})

t.test('nobody gives, takes or redefines by a document what they do not hold', async (t) => {
  const give = { assignments: [...current.assignments, { principal: { user: 'user_here' }, role: 'clerk' }] }
  t.not(missing(give).length, 0)
  t.not(missing({ assignments: [] }).length, 0, 'taking')
  t.not(missing({ roles: [role('clerk', ['invoice:create', 'invoice:read', 'gone:read'])] }).length, 0, 'redefining')
  t.not(
    missing({ groups: [{ key: 'team', name: 'Team', members: ['user_here'] }] }).length,
    0,
    'by a group that holds it',
  )
  t.not(missing({ groups: [], assignments: [] }).length, 0, 'by the end of a group')
  t.same(
    missing({ groups: [{ key: 'idle', name: 'Idle', members: ['user_here'] }, ...current.groups] }),
    [],
    'a group without a role',
  )
  t.same(missing({ assignments: [] }, 'owner'), [])
})
