/** What orgs announces reaches the bus and whoever asks; without the bus, whoever asks. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { testNats } from '@gatehouse/test-kit/nats'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send } = rig
const [ada, bob] = [rig.person(), rig.person()]

t.test('changes are told to the services that follow, in order and without gaps, before the relay runs', async (t) => {
  const { id: org } = await rig.organization(ada)
  await rig.join({ org, owner: ada, person: bob })
  const { status, body } = await send('GET', '/internal/changes?after=0', { from: 'authz' })
  t.equal(status, 200)
  const page = body as unknown as { head: number; events: EventEnvelope[] }
  t.same(
    page.events.map((event) => event.position),
    page.events.map((_, n) => n + 1),
  )
  t.same(
    page.events.map((event) => event.type.split('.').slice(2, 4).join('.')),
    ['organization.created', 'membership.created', 'invitation.created', 'invitation.accepted', 'membership.created'],
  )
  t.equal(page.head, page.events.length)
  t.equal((await send('GET', '/internal/changes?after=0', { from: 'orgs' })).status, 403, 'and to nobody else')
})

t.test('an event carries the request it came from', async (t) => {
  const { id } = await rig.organization(ada, 'Traced')
  const { headers } = await send('PATCH', `/v1/organizations/${id}`, {
    by: ada,
    org: id,
    body: { name: 'Traced twice' },
    headers: {
      'x-request-id': 'req-from-outside',
      'gatehouse-client-address': '203.0.113.9',
      'gatehouse-user-agent': 'Journey/1.0',
    },
  })
  t.equal(headers['x-request-id'], 'req-from-outside')
  t.match((await rig.events.list()).at(-1), {
    requestid: 'req-from-outside',
    clientaddress: '203.0.113.9',
    useragent: 'Journey/1.0',
    orgid: id,
    actor: `user:${ada.id}`,
  })
})

t.test('a removal is on the bus once it was answered', async (t) => {
  const link = await testNats(t, rig.natsUrl)
  const heard: EventEnvelope[] = []
  const subscription = link.session()?.connection.subscribe(link.scoped.subject('gatehouse.orgs.>'), {
    callback: (_error, message) => void heard.push(message.json<EventEnvelope>()),
  })
  t.teardown(() => subscription?.unsubscribe())
  await link.session()?.connection.flush()
  rig.deps.spine.start()
  const carol = rig.person()
  const { id: org } = await rig.organization(ada, 'Announced')
  await rig.join({ org, owner: ada, person: carol })
  t.equal((await send('DELETE', `/v1/organizations/${org}/members/${carol.id}`, { by: ada, org })).status, 204)
  const removed = await waitUntil('the removal is heard', () =>
    heard.find((event) => event.type === 'gatehouse.orgs.membership.removed.v1'),
  )
  t.match(removed, { userid: carol.id, orgid: org, data: { min_mv: 2 } })
  const isNoted = async () =>
    Number(
      (await rig.asAdministrator('select published_position from orgs.relay_cursor'))[0]?.['published_position'],
    ) >= removed.position
  t.ok(await waitUntil('the relay has noted it', isNoted))
})
