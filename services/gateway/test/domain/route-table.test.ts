/** The public surface as data. */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import t from 'tap'
import { canonicalPath, methodsByPath, namesOrganization } from '../../src/domain/route-table.ts'

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
