/** A draft and the version it was made from: what was published meanwhile is never undone unseen. */
import t from 'tap'
import { openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)

const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> =>
  platform.ask(replica, {
    method,
    url: `/v1/organizations/${org.id}/policies${path}`,
    token: platform.tokenOf(owner),
    body,
  })
const below = (amount: number) => ({
  effect: 'allow',
  resource_type: 'invoice',
  actions: ['read'],
  when: `resource.amount < ${amount}`,
})
const save = async (key: string): Promise<string> =>
  `/${(await call('POST', '', { key, ...below(1) })).body['id'] as string}`
const inForce = async (path: string) => (await call('GET', path)).body['when']
const outdated = { status: 409, body: { code: 'draft_outdated' } }

t.test('a draft of an earlier version is refused, with the version that is in force', async (t) => {
  const path = await save('kept')
  t.match(await call('PUT', `${path}/draft`, below(2)), { status: 200, body: { base_version: 1 } })
  t.match(await call('PUT', path, below(30)), { status: 200, body: { version: 2 } })
  t.match(await call('POST', `${path}/publish`), {
    ...outdated,
    body: { ...outdated.body, errors: [{ path: '/base_version', message: 'version 2 is in force' }] },
  })
  t.equal(await inForce(path), 'resource.amount < 30', 'the newer version stands')
  t.match(
    await call('GET', `${path}/draft`),
    { status: 200, body: { base_version: 1 } },
    'and the draft is still there',
  )
  t.match(await call('PUT', `${path}/draft`, below(4)), { status: 200, body: { base_version: 1 } }, 'saving keeps it')
  t.match(await call('POST', `${path}/publish`), outdated)
})

t.test('made anew from the version in force it is published', async (t) => {
  const path = await save('again')
  await call('PUT', `${path}/draft`, below(2))
  await call('PUT', path, below(30))
  t.match(await call('PUT', `${path}/draft?base_version=1`, below(5)), outdated)
  t.match(await call('PUT', `${path}/draft?base_version=2`, below(5)), { status: 200, body: { base_version: 2 } })
  t.match(await call('POST', `${path}/publish`), { status: 200, body: { version: 3 } })
  t.equal(await inForce(path), 'resource.amount < 5')
})

t.test('who names the version that is undone may undo it, and no other', async (t) => {
  const path = await save('undone')
  await call('PUT', `${path}/draft`, below(2))
  await call('PUT', path, below(30))
  await call('PUT', path, below(31))
  t.match(await call('POST', `${path}/publish?replaces=2`), outdated, 'a third came in between')
  t.match(await call('POST', `${path}/publish?replaces=3`), { status: 200, body: { version: 4 } })
  t.equal(await inForce(path), 'resource.amount < 2')
})

t.test('whatever puts a version in force outdates the draft: a roll-back and a manifest too', async (t) => {
  const path = await save('others')
  await call('PUT', path, below(2))
  await call('PUT', `${path}/draft`, below(3))
  t.match(await call('POST', `${path}/rollback`, { version: 1 }), { status: 200, body: { version: 3 } })
  t.match(await call('POST', `${path}/publish`), outdated)
  await call('PUT', `${path}/draft?base_version=3`, below(3))
  const url = `/v1/organizations/${org.id}/authorization-manifest`
  const token = platform.tokenOf(owner)
  const exported = (await platform.ask(replica, { method: 'GET', url, token })).body as { policies: { key: string }[] }
  const policies = exported.policies.map((policy) => (policy.key === 'others' ? { ...policy, ...below(50) } : policy))
  t.match(await platform.ask(replica, { method: 'PUT', url, token, body: { policies } }), { status: 200 })
  t.match(await call('POST', `${path}/publish`), outdated)
  t.equal(await inForce(path), 'resource.amount < 50')
})
