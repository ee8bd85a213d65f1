/** What the gateway decides, without any I/O: which tokens are void, who may pass, which routes exist, whose address it is. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import t from 'tap'
import { decideAccess, type AccessQuestion } from '../../src/domain/access.ts'
import {
  countFloors,
  emptyFloors,
  floorOfRecord,
  floorsOfEvent,
  forgetOldFloors,
  isVoid,
  keepFloorsMs,
  raiseFloor,
  type Floor,
} from '../../src/domain/floors.ts'
import { canonicalPath, methodsByPath, namesOrganization } from '../../src/domain/route-table.ts'
import { budgetKeyOf, createClientAddressReader } from '../../src/edge/client-address.ts'
import { createLocalCounter } from '../../src/edge/counters.ts'

const [user, org, session, membership] = [newId('user'), newId('org'), newId('ses'), newId('mem')]
const claims = {
  iss: 'i',
  aud: 'gatehouse',
  sub: user,
  client_id: 'c',
  iat: 1,
  exp: 2,
  auth_time: 1,
  jti: 'j',
  sid: session,
  sv: 3,
  uv: 5,
  amr: [],
  acr: '1',
  org_id: org,
  mid: membership,
  ov: 7,
  mv: 9,
} satisfies AccessTokenClaims
const { org_id: _org, mid: _mid, ov: _ov, mv: _mv, ...withoutOrg } = claims

const voidedBy = (floors: Floor[], of: AccessTokenClaims = claims, kid = 'k1'): boolean => {
  const table = emptyFloors()
  for (const floor of floors) raiseFloor(table, floor, 0)
  return isVoid(table, of, kid)
}
const floor = (kind: Floor['kind'], id: string, minVersion = 0, ended = false): Floor => ({
  kind,
  id,
  minVersion,
  ended,
})

t.test('a token is void exactly when something it depends on has ended or is above its version', async (t) => {
  t.notOk(voidedBy([]))
  t.ok(voidedBy([floor('session', session, 0, true)]), 'its session ended')
  t.ok(voidedBy([floor('session', session, 4)]), 'its session moved on')
  t.notOk(voidedBy([floor('session', session, 3)]), 'a floor at its own version voids nothing')
  t.ok(voidedBy([floor('user', user, 6)]))
  t.notOk(voidedBy([floor('user', user, 5)]))
  t.ok(voidedBy([floor('organization', org, 8)]))
  t.ok(voidedBy([floor('membership', membership, 10)]))
  t.notOk(
    voidedBy([
      floor('membership', newId('mem'), 10),
      floor('session', newId('ses'), 0, true),
      floor('user', newId('user'), 9),
    ]),
    'others’ floors',
  )
  t.notOk(
    voidedBy([floor('organization', org, 8), floor('membership', membership, 10)], withoutOrg),
    'a token without organization does not depend on one',
  )
  t.ok(voidedBy([floor('kid', 'k1', 0, true)]), 'its key was voided')
  t.notOk(voidedBy([floor('kid', 'k2', 0, true)]))
})

t.test('floors only rise, in whatever order they arrive', async (t) => {
  t.ok(voidedBy([floor('user', user, 6), floor('user', user, 2)]))
  t.ok(voidedBy([floor('session', session, 0, true), floor('session', session, 1)]), 'ended stays ended')
})

t.test('events raise the floors they carry and no others', async (t) => {
  const event = (type: string, data: Record<string, unknown>) => floorsOfEvent({ type: `gatehouse.${type}`, data })
  t.same(event('tokens.session.ended.v1', { session_id: session, user_id: user, reason: 'logout', min_sv: 4 }), [
    floor('session', session, 4, true),
  ])
  t.same(event('identity.user.disabled.v1', { user_id: user, min_uv: 6 }), [floor('user', user, 6)])
  t.same(
    event('orgs.membership.removed.v1', { membership_id: membership, organization_id: org, user_id: user, min_mv: 10 }),
    [floor('membership', membership, 10)],
  )
  t.same(event('orgs.organization.updated.v1', { organization_id: org, status: 'suspended', changed: [], min_ov: 8 }), [
    floor('organization', org, 8),
  ])
  t.same(event('tokens.signing_key.voided.v1', { kid: 'k1' }), [floor('kid', 'k1', 0, true)])
  t.same(
    event('orgs.membership.updated.v1', { membership_id: membership, changed: ['attributes'] }),
    [],
    'a changed attribute voids nothing',
  )
})

t.test('records of a snapshot become floors; unknown kinds are left out', async (t) => {
  t.same(
    floorOfRecord({ kind: 'session', id: session, ended: true, min_version: 4 }),
    floor('session', session, 4, true),
  )
  t.same(floorOfRecord({ kind: 'kid', id: 'k1', void: true }), floor('kid', 'k1', 0, true))
  t.equal(floorOfRecord({ kind: 'planet', id: 'x' }), undefined)
})

t.test('old floors are forgotten, voided keys never', async (t) => {
  const table = emptyFloors()
  raiseFloor(table, floor('session', session, 0, true), 0)
  raiseFloor(table, floor('kid', 'k1', 0, true), 0)
  raiseFloor(table, floor('user', user, 6), keepFloorsMs)
  forgetOldFloors(table, keepFloorsMs + 1)
  t.equal(countFloors(table), 2)
  t.ok(isVoid(table, withoutOrg, 'k1'))
})

t.test('who may pass: every kind of route with every kind of token', async (t) => {
  const question = (change: Partial<AccessQuestion>): AccessQuestion => ({
    auth: 'user',
    isForPeopleOnly: false,
    orgInPath: undefined,
    claims,
    isVoid: false,
    isCurrent: true,
    ...change,
  })
  const person = { kind: 'allowed', as: 'principal' }
  const machine = {
    ...claims,
    sub: newId('svc'),
    sid: newId('apk'),
    mid: undefined,
    mv: undefined,
  } as unknown as AccessTokenClaims
  const anonymous = { kind: 'allowed', as: 'anonymous' }
  const refused = (code: string) => ({ kind: 'refused', code })
  const rows: [string, Partial<AccessQuestion>, object][] = [
    ['open, nobody', { auth: 'open', claims: undefined }, anonymous],
    ['open, a person', { auth: 'open' }, person],
    ['open, a void token', { auth: 'open', isVoid: true }, refused('token_revoked')],
    ['open, not current: goes on without the person', { auth: 'open', isCurrent: false }, anonymous],
    ['user, nobody', { claims: undefined }, refused('unauthenticated')],
    ['user, a person', {}, person],
    ['user, a person without organization', { claims: withoutOrg }, person],
    ['user, void', { isVoid: true }, refused('token_revoked')],
    ['user, void and not current: what is known is said', { isVoid: true, isCurrent: false }, refused('token_revoked')],
    ['user, not current', { isCurrent: false }, refused('not_current')],
    ['organization, nobody', { auth: 'organization', claims: undefined }, refused('unauthenticated')],
    ['organization, its own', { auth: 'organization', orgInPath: org }, person],
    ['organization, another', { auth: 'organization', orgInPath: newId('org') }, refused('not_found')],
    ['organization, no id at all', { auth: 'organization', orgInPath: 'x' }, refused('not_found')],
    [
      'organization in the path, none in the token',
      { auth: 'organization', orgInPath: org, claims: withoutOrg },
      refused('not_found'),
    ],
    [
      'organization, none in path or token',
      { auth: 'organization', claims: withoutOrg },
      refused('organization_required'),
    ],
    [
      'organization, not current: unknown before foreign',
      { auth: 'organization', orgInPath: newId('org'), isCurrent: false },
      refused('not_current'),
    ],
    ['for people, a person', { isForPeopleOnly: true }, person],
    ['for people, a service account', { isForPeopleOnly: true, claims: machine }, refused('person_required')],
    [
      'for people in an organization, a service account of it',
      { auth: 'organization', orgInPath: org, isForPeopleOnly: true, claims: machine },
      refused('person_required'),
    ],
    [
      'for people in an organization, a service account of another',
      { auth: 'organization', orgInPath: newId('org'), isForPeopleOnly: true, claims: machine },
      refused('not_found'),
    ],
    ['organization, a service account of it', { auth: 'organization', orgInPath: org, claims: machine }, person],
    ['internal, whoever', { auth: 'internal' }, refused('not_found')],
  ]
  for (const [name, change, expected] of rows) t.same(decideAccess(question(change)), expected, name)
})

t.test('the route table is the contracts: no route twice, none internal', async (t) => {
  const table = methodsByPath(publicRoutes)
  t.equal([...table.values()].flatMap(({ has }) => has).length, publicRoutes.length)
  t.same(table.get('/v1/me')?.has, ['GET', 'PATCH'])
  t.same(table.get('/v1/me')?.lacks, ['POST', 'PUT', 'DELETE'])
  const [first] = publicRoutes
  if (first === undefined) return t.fail('no routes')
  t.throws(() => methodsByPath([first, first]), /claimed twice/)
  t.throws(() => methodsByPath([{ ...first, path: '/internal/x' }]), /never proxied/)
  t.throws(() => methodsByPath([{ ...first, auth: 'internal' }]), /never proxied/)
  t.ok(namesOrganization('/v1/organizations/:org/roles'))
  t.ok(namesOrganization('/v1/organizations/:org'))
  t.notOk(namesOrganization('/v1/organizations/:organization'))
  t.equal(
    canonicalPath('/v1/organizations/:org/roles/:role', { org: 'o/../x', role: 'r?a' }),
    '/v1/organizations/o%2F..%2Fx/roles/r%3Fa',
  )
})

t.test('X-Forwarded-For counts as far as the named proxies and no further', async (t) => {
  const none = createClientAddressReader([])
  t.equal(none('203.0.113.9', '10.0.0.1'), '203.0.113.9', 'nobody is believed unless named')
  t.equal(none('::ffff:203.0.113.9', undefined), '203.0.113.9')
  const read = createClientAddressReader(['10.0.0.0/8', '2001:db8::1'])
  t.equal(read('10.1.1.1', '198.51.100.7'), '198.51.100.7')
  t.equal(read('10.1.1.1', '1.1.1.1, 198.51.100.7'), '198.51.100.7', 'what the client itself wrote is to the left')
  t.equal(read('10.1.1.1', '198.51.100.7, 10.2.2.2'), '198.51.100.7', 'through two proxies')
  t.equal(read('203.0.113.9', '198.51.100.7'), '203.0.113.9', 'a stranger is not a proxy')
  t.equal(read('10.1.1.1', 'nonsense'), '10.1.1.1')
  t.equal(read('10.1.1.1', ''), '10.1.1.1')
  t.equal(read('2001:db8::1', '2001:db8::99'), '2001:db8::99')
  for (const bad of ['localhost', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/x', ''])
    t.throws(() => createClientAddressReader([bad]), { name: 'ConfigError' }, bad)
})

t.test('a budget belongs to an IPv4 address or to an IPv6 /64', async (t) => {
  t.equal(budgetKeyOf('203.0.113.9'), '203.0.113.9')
  t.equal(budgetKeyOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.equal(budgetKeyOf('2001:0db8:0001:0002::9'), '2001:db8:1:2::/64')
  t.equal(budgetKeyOf('2001:db8::9'), budgetKeyOf('2001:db8::7'))
  t.equal(budgetKeyOf('::1'), '0:0:0:0::/64')
})

t.test('local counting begins a new window when the old one ends, within bounded memory', async (t) => {
  let now = 0
  const counter = createLocalCounter(() => now, 2)
  t.same(await counter.count('a', 100), { current: 1, ttl: 100 })
  now = 40
  t.same(await counter.count('a', 100), { current: 2, ttl: 60 })
  now = 100
  t.same(await counter.count('a', 100), { current: 1, ttl: 100 })
  await counter.count('b', 100)
  await counter.count('c', 100)
  t.same(await counter.count('a', 100), { current: 1, ttl: 100 }, 'the oldest was forgotten')
})
