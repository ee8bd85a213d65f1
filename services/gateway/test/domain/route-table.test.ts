/** The public surface as data. */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import t from 'tap'
import { canonicalPath, requirePublic, namesOrganization } from '../../src/domain/route-table.ts'

t.test('the route table is the contracts: no route twice, none internal', async (t) => {
  t.doesNotThrow(() => requirePublic(publicRoutes))
  const [first] = publicRoutes
  if (first === undefined) return t.fail('no routes')
  t.throws(() => requirePublic([first, first]), /claimed twice/)
  t.throws(() => requirePublic([{ ...first, path: '/internal/x' }]), /never proxied/)
  t.throws(() => requirePublic([{ ...first, auth: 'internal' }]), /never proxied/)
  const live = { ...first, success: { status: 200, streams: ['text/event-stream'], description: 'Events.' } } as const
  t.throws(() => requirePublic([{ ...live, auth: 'open' }]), /ends with an access token/)
  t.doesNotThrow(() => requirePublic([{ ...live, auth: 'user' }]))
  t.ok(namesOrganization('/v1/organizations/:org/roles'))
  t.ok(namesOrganization('/v1/organizations/:org'))
  t.notOk(namesOrganization('/v1/organizations/:organization'))
  t.equal(
    canonicalPath('/v1/organizations/:org/roles/:role', { org: 'o/../x', role: 'r?a' }),
    '/v1/organizations/o%2F..%2Fx/roles/r%3Fa',
  )
})
