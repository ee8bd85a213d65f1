/** Names of the platform, and permissions taken apart. */
import t from 'tap'
import { isAssignable, permissions, splitPermission } from '../../src/domain/platform.ts'

t.test('owners and platform administrators are not made by assignment', async (t) => {
  for (const key of ['owner', 'platform-admin']) t.equal(isAssignable(key), false)
  for (const key of ['admin', 'Owner', '']) t.equal(isAssignable(key), true)
})

t.test('a permission is cut at its first colon', async (t) => {
  t.same(splitPermission('invoice:read'), { resourceType: 'invoice', action: 'read' })
  t.same(splitPermission('*:*'), { resourceType: '*', action: '*' })
  for (const permission of Object.values(permissions)) t.equal(splitPermission(permission).resourceType, 'gatehouse')
})
