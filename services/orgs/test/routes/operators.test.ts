/** `/v1/platform/organizations`, by status code: who may, what is found, what is announced. */
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const operator = rig.person()
const owner = rig.person()
const reason = 'Ticket 4711'
const base = '/v1/platform/organizations'

const get = (path = '') => send('GET', `${base}${path}`, { by: operator })
const post = (id: string, what: 'suspend' | 'restore', body: object = { reason }) =>
  send('POST', `${base}/${id}/${what}`, { by: operator, body })
const listed = async (query: string) => (await get(query)).body.data.map(({ id }) => id)
const announced = async (id: string) =>
  (await rig.events.listOf(OrganizationUpdated)).filter(({ subject }) => subject === id)

t.test('200: an organization, and organizations by id, slug and name, newest first, in pages', async (t) => {
  const one = await rig.organization(owner, 'Analytical Engines')
  const two = await rig.organization(owner, 'Zürich 100%_ Works')
  const [away, ...others] = [rig.person(), rig.person()]
  for (const person of [away, ...others]) await rig.join({ org: one.id, owner, person })
  const suspension = { by: owner, org: one.id, body: { reason: 'On leave' } }
  t.equal((await send('POST', `/v1/organizations/${one.id}/members/${away.id}/suspend`, suspension)).status, 204)
  t.match(await get(`/${one.id}`), {
    status: 200,
    body: {
      id: one.id,
      name: 'Analytical Engines',
      slug: 'analytical-engines',
      status: 'active',
      members: 3,
      created_at: /Z$/,
    },
  })
  t.same(await listed(`?search=${one.id}`), [one.id])
  t.same(await listed('?search=ANALYTICAL%20e'), [one.id])
  t.same(await listed('?search=analytical-e'), [one.id])
  t.same(await listed(`?search=${encodeURIComponent('zürich 100%_')}`), [two.id])
  t.same(await listed('?search=%25'), [], 'nothing of a search is a pattern')
  t.same(await listed(`?search=${newId('org')}`), [])
  t.same(await listed('?status=suspended'), [])
  const first = await get('?limit=1')
  t.same(
    first.body.data.map(({ id }) => id),
    [two.id],
  )
  t.same(await listed(`?limit=1&cursor=${first.body.page.next_cursor}`), [one.id])
})

t.test(
  '204: suspending voids what was minted for it, restoring lets them go on; each once, with its reason',
  async (t) => {
    const { id } = await rig.organization(owner, 'Suspended Ltd')
    t.equal((await post(id, 'suspend')).status, 204)
    t.equal((await post(id, 'suspend')).status, 204, 'the same once more')
    t.same(await listed('?status=suspended'), [id])
    t.notOk((await send('GET', '/v1/me/organizations?limit=200', { by: owner })).body.data.some((one) => one.id === id))
    const floors = await send('GET', '/internal/snapshot?view=floors', { from: 'gateway' })
    t.match(floors.body.text, new RegExp(`"id":"${id}","min_version":2`), 'a gateway that starts now knows')
    t.equal((await post(id, 'restore', { reason: 'Paid' })).status, 204)
    t.equal((await post(id, 'restore', { reason: 'Paid' })).status, 204)
    t.ok((await send('GET', '/v1/me/organizations?limit=200', { by: owner })).body.data.some((one) => one.id === id))
    const events = await announced(id)
    t.match(events, [
      {
        version: 2,
        orgid: id,
        actor: `user:${operator.id}`,
        data: { status: 'suspended', changed: ['status'], min_ov: 2, reason },
      },
      { version: 3, actor: `user:${operator.id}`, data: { status: 'active', changed: ['status'], reason: 'Paid' } },
    ])
    t.equal(events.length, 2)
    t.notOk('min_ov' in (events[1]?.data ?? {}), 'nothing is voided by restoring')
  },
)

t.test('of many orders at once one is carried out and announced', async (t) => {
  const { id } = await rig.organization(owner, 'Raced Ltd')
  const answers = await Promise.all(Array.from({ length: 12 }, () => post(id, 'suspend')))
  t.ok(answers.every(({ status }) => status === 204))
  t.equal((await announced(id)).length, 1)
})

t.test('403 before anything tells whether the organization exists; each route has its permission', async (t) => {
  const { id } = await rig.organization(owner, 'Secret Ltd')
  t.teardown(() => world.denied.clear())
  for (const [permission, asked] of [
    ['gatehouse:organizations.read', [() => get(), () => get(`/${id}`), () => get(`/${newId('org')}`)]],
    ['gatehouse:organizations.suspend', [() => post(id, 'suspend'), () => post(newId('org'), 'restore')]],
  ] as const) {
    world.denied.clear()
    world.denied.add(permission)
    for (const ask of asked) t.match(await ask(), { status: 403, body: { code: 'forbidden' } }, permission)
  }
  t.equal((await announced(id)).length, 0)
})

t.test('404 for what does not exist, 400 without a reason, 401 without a token', async (t) => {
  for (const id of [newId('org'), newId('user'), 'acme']) {
    t.match(await get(`/${id}`), { status: 404, body: { code: 'not_found' } })
    t.equal((await post(id, 'suspend')).status, 404)
  }
  const { id } = await rig.organization(owner, 'Reasoned Ltd')
  for (const body of [{}, { reason: '' }, { reason: '  ' }, { reason, more: 1 }])
    t.equal((await post(id, 'suspend', body)).status, 400, JSON.stringify(body))
  t.equal((await send('GET', base)).status, 401)
  t.equal((await send('GET', `${base}?cursor=x`, { by: operator })).body.code, 'invalid_cursor')
})
