/**
 * Whether a principal stands so that anything can be granted, what a token knows more of, and which roles are held at a
 * moment.
 */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { findAccountObstacle, findObstacle, isAsRecentAs, rolesHeldAt } from '../../src/domain/facts.ts'

t.test('nothing is granted to whom the platform does not know as active', async (t) => {
  const user = { version: 3, status: 'active' as const, emailVerified: true }
  const organization = { version: 1, status: 'active' as const }
  const member = { id: 'mem', version: 2, status: 'active' as const, isOwner: true, attributes: {}, roles: [] }
  t.equal(findObstacle({ user, organization, member }), undefined)
  t.equal(findObstacle({ user: undefined, organization, member }), 'user_disabled')
  t.equal(
    findObstacle({ user, organization: { ...organization, status: 'suspended' }, member }),
    'organization_suspended',
  )
  t.equal(findObstacle({ user, organization, member: { ...member, status: 'removed' } }), 'not_a_member')
  t.equal(isAsRecentAs({ user, organization, member }, { uv: 3, ov: 1, mv: 2 }), true)
  t.equal(isAsRecentAs({ user, organization, member }, { uv: 3, ov: 1, mv: 3 }), false)
  t.equal(isAsRecentAs({ user }, { uv: 4 }), false)
  t.equal(isAsRecentAs({ user, organization: undefined }, { uv: 1, ov: 1 }), false)
  t.same(
    rolesHeldAt(
      [
        { roleId: 'a', expiresAtMs: 10 },
        { roleId: 'b', expiresAtMs: undefined },
      ],
      10,
    ),
    ['b'],
  )
})

t.test('a service account is nobody once it or its organization does not stand', async (t) => {
  const account = { version: 1, status: 'active' as const, roles: [] }
  const organization = { version: 1, status: 'active' as const }
  t.equal(findAccountObstacle({ account, organization }), undefined)
  for (const status of ['disabled', 'deleted'] as const)
    t.equal(findAccountObstacle({ account: { ...account, status }, organization }), 'service_account_disabled')
  t.equal(findAccountObstacle({ account: undefined, organization }), 'service_account_disabled')
  for (const status of ['suspended', 'removed'] as const)
    t.equal(findAccountObstacle({ account, organization: { ...organization, status } }), 'organization_suspended')
})

t.test('a role counts until its end, and one for a resource counts there alone', async (t) => {
  const invoice = { type: 'invoice', id: '1' }
  const held = [
    { roleId: 'ended', expiresAtMs: 10 },
    { roleId: 'lasting', expiresAtMs: 11 },
    { roleId: 'here', expiresAtMs: undefined, resource: invoice },
    { roleId: 'here', expiresAtMs: 99, resource: invoice },
  ]
  t.same(rolesHeldAt(held, 10), ['lasting'])
  t.same(rolesHeldAt(held, 10, invoice), ['lasting', 'here'], 'each once')
  t.same(rolesHeldAt(held, 10, { ...invoice, id: '2' }), ['lasting'])
  t.same(rolesHeldAt(held, 10, { ...invoice, type: 'order' }), ['lasting'])
})

t.test('whatever a token was minted from, older facts are never as recent', async () => {
  const version = fc.nat({ max: 5 })
  fc.assert(
    fc.property(
      fc.record({ uv: version, ov: version, mv: version }),
      fc.tuple(version, version, version),
      (token, known) => {
        const [user, organization, member] = known.map((version) => ({ version }))
        const expected = known[0] >= token.uv && known[1] >= token.ov && known[2] >= token.mv
        return isAsRecentAs({ user, organization, member }, token) === expected
      },
    ),
  )
})
