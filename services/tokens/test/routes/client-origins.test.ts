/** Origins of clients (CORS): what can be one, and who is told of them. */
import t from 'tap'
import { registered } from '../fixtures/openid.ts'
import { openPlatform } from '../fixtures/platform.ts'
import { createOAuthClient, ownedOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const org = await ownedOrganization(platform, replica)
const page = 'https://app.example'

const change = (id: unknown, body: object, method: 'PATCH' | 'DELETE' = 'PATCH') =>
  platform.ask(replica, {
    method,
    url: `/v1/organizations/${org.id}/oauth-clients/${String(id)}`,
    token: org.token,
    ...(method === 'PATCH' && { body }),
  })

/** What a gateway that starts is told of origins. */
async function snapshot(): Promise<Record<string, unknown>[]> {
  const { body } = await platform.askRaw(replica, {
    method: 'GET',
    url: '/internal/snapshot?view=floors',
    as: 'gateway',
  })
  const records = body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return records.filter(({ kind }) => kind === 'client_origins')
}

/** What the newest event about a client says of its origins. */
async function told(id: string): Promise<unknown> {
  await replica.deps.spine.sequence()
  const [event] = await platform.admin<{ payload: Record<string, unknown> }[]>`
    select payload from outbox where payload ->> 'client_id' = ${id} order by position desc limit 1`
  return event && [event.payload['allowed_origins'], event.payload['first_party']]
}

t.test('said with the client, changed and taken back; each time everybody is told', async (t) => {
  const made = await createOAuthClient(platform, replica, org, { allowed_origins: [page] })
  const id = String(made.body['id'])
  t.match(made, { status: 201, body: { allowed_origins: [page] } })
  t.same(await told(id), [[page], false])
  t.same(await snapshot(), [
    { kind: 'client_origins', id, organization_id: org.id, first_party: false, allowed_origins: [page] },
  ])
  const local = 'http://localhost:3000'
  t.match(await change(id, { allowed_origins: [page, local] }), {
    status: 200,
    body: { allowed_origins: [page, local] },
  })
  t.same(await told(id), [[page, local], false])
  t.match(
    await change(id, { name: 'Docs' }),
    { body: { allowed_origins: [page, local] } },
    'another change leaves them',
  )
  t.equal((await change(id, { status: 'disabled' })).status, 200)
  t.same(await snapshot(), [], 'of a client that is disabled none counts')
  await change(id, { status: 'active' })
  await change(id, {}, 'DELETE')
  t.same(await snapshot(), [])
})

t.test('a first-party client of the platform is told as one; who names none is in no snapshot', async (t) => {
  const ours = await registered(platform, replica, { first_party: true, allowed_origins: [page] })
  const silent = await registered(platform, replica)
  t.same(silent.allowed_origins, [])
  t.same(await told(ours.id), [[page], true])
  t.match(await snapshot(), [{ id: ours.id, organization_id: null, first_party: true }])
})

t.test('400: what no browser would write, or reads from no other', async (t) => {
  for (const wrong of [
    '*',
    'null',
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://app.example?x',
    'https://app.example#x',
    'https://ada@app.example',
    'https://App.example',
    'https://app.example:443',
    'https://*.app.example',
    'https://app.example:99999',
    'http://app.example',
    'file://',
    'javascript:alert(1)',
    'chrome-extension://abc',
    'https://bücher.example',
    ' https://app.example',
  ]) {
    const { status, body } = await createOAuthClient(platform, replica, org, { allowed_origins: [page, wrong] })
    t.match({ status, body }, { status: 400, body: { errors: [{ path: '/allowed_origins/1' }] } }, wrong)
  }
  const many = Array.from({ length: 21 }, (_, n) => `https://${n}.example`)
  for (const wrong of [many, [page, page], [''], page, null])
    t.equal((await createOAuthClient(platform, replica, org, { allowed_origins: wrong })).status, 400)
})
