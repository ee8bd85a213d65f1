/** Who calls, and what whoever may not is told, at the platform as it is run. */
import { dirname } from 'node:path'
import t from 'tap'
import { createApi } from './client.ts'
import { forgedCallers } from './forged-callers.ts'
import { signIn } from './people.ts'
import { permissionFirst } from './permission-first.ts'
import { startPlatform } from './start-platform.ts'
import { tenantOf } from './tenants.ts'

const { platform, file, stop } = await startPlatform({
  GATEWAY_RATE_LIMIT_PER_MINUTE: '1000000',
  GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '100000',
})
t.teardown(stop)
const api = createApi(platform)
const { organization_id: org, users, api_key: apiKey } = platform.demo
const [owner, , , viewer] = users
if (!owner || !viewer) throw new Error('the demo has no owner or no viewer')
const tenant = await tenantOf(api, { user: owner, org })

t.test('no service believes who is only said to call (S17)', async (t) => {
  const { token, ids } = tenant
  const { sent, targets, forms, accepted, complaints } = await forgedCallers({
    dataFolder: dirname(file),
    token,
    ids,
    apiKey,
  })
  t.same(complaints.slice(0, 50), [])
  t.comment(`${sent} forged callers on ${targets} routes; ${accepted.length} took the right one; ${forms.join(', ')}`)
  t.ok(sent > targets * 20, 'every kind on every route')
  t.ok(accepted.length > targets / 2, 'the right credential is taken by most routes, and by those that read all')
})

t.test('who may not is told the same of what exists and of what does not (S7)', async (t) => {
  const { access: token } = await signIn(api, { ...viewer, organization: org })
  const { asked, refused, complaints } = await permissionFirst(api, { token, tenant })
  t.same(complaints, [])
  t.comment(`${asked} routes about a thing, ${refused} refused`)
  t.ok(refused > asked / 2, 'most of them are refused to a viewer')
})
