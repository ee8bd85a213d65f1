/**
 * What one person, organization or address may cause at most, counted in PostgreSQL over all replicas and
 * organizations.
 */
import t from 'tap'
import { openRig, type Answer } from '../fixtures/rig.ts'

const limits = {
  INVITATIONS_PER_INVITER: 6,
  INVITATIONS_PER_ORGANIZATION: 8,
  INVITATIONS_PER_ADDRESS: 3,
  ACCESS_REQUESTS_PER_PERSON: 2,
  ORGANIZATIONS_PER_PERSON: 4,
}
const rig = await openRig(t, { limits })
const { send } = rig
const countOf = (answers: Answer[], status: number): number => answers.filter((one) => one.status === status).length
const invite = (by: ReturnType<typeof rig.person>, org: string, email: string) =>
  send('POST', `/v1/organizations/${org}/invitations`, { by, org, body: { email, roles: ['viewer'] } })

t.test('a person who invites 30 strangers reaches as many as the limit says, over all organizations', async (t) => {
  const spammer = rig.person()
  const orgs = [await rig.organization(spammer, 'One'), await rig.organization(spammer, 'Two')]
  const answers: Answer[] = []
  for (let n = 0; n < 30; n += 1)
    answers.push(await invite(spammer, orgs[n % 2]?.id ?? '', `stranger-${n}@example.com`))
  t.same([countOf(answers, 201), countOf(answers, 429)], [6, 24])
  const refused = answers.find(({ status }) => status === 429)
  t.match(refused?.body, { code: 'rate_limited', detail: /try again later/ })
  t.ok(Number(refused?.headers['retry-after']) > 60, 'and says when')
  const stored = await rig.asAdministrator('select encode(key, $$escape$$) as key from orgs.budgets')
  t.notMatch(JSON.stringify(stored), /stranger|user_|org_/)
})

t.test('an organization reaches its own limit through several people', async (t) => {
  const owner = rig.person()
  const { id: org } = await rig.organization(owner)
  const second = rig.person()
  await rig.join({ org, owner, person: second })
  const answers: Answer[] = []
  for (let n = 0; n < 10; n += 1) answers.push(await invite(n % 2 ? owner : second, org, `somebody-${n}@example.com`))
  t.same([countOf(answers, 201), countOf(answers, 429)], [7, 3], 'the invitation of the second person counted too')
})

t.test('an address is not flooded by many organizations, nor by revoking and inviting again', async (t) => {
  const answers: Answer[] = []
  for (let n = 0; n < 5; n += 1) {
    const owner = rig.person()
    const { id: org } = await rig.organization(owner)
    const first = await invite(owner, org, n % 2 ? 'victim@example.com' : 'VICTIM@Example.com')
    answers.push(first)
    if (n > 0) continue
    await send('DELETE', `/v1/organizations/${org}/invitations/${first.body.id}`, { by: owner, org })
    answers.push(await invite(owner, org, 'victim@example.com'))
  }
  t.same([countOf(answers, 201), countOf(answers, 429)], [3, 3])
})

t.test('what is refused for another reason uses nothing up', async (t) => {
  const owner = rig.person()
  const { id: org } = await rig.organization(owner)
  t.equal((await invite(owner, org, 'only@example.com')).status, 201)
  for (let n = 0; n < 10; n += 1) t.equal((await invite(owner, org, 'only@example.com')).status, 409)
  const others: Answer[] = []
  for (let n = 0; n < 5; n += 1) others.push(await invite(owner, org, `other-${n}@example.com`))
  t.equal(countOf(others, 201), 5)
})

t.test('a person owns so many organizations, asked for one by one or at once', async (t) => {
  const founder = rig.person()
  const create = () => send('POST', '/v1/organizations', { by: founder, body: { name: 'Mine' } })
  const answers = await Promise.all(Array.from({ length: 7 }, create))
  t.same([countOf(answers, 201), countOf(answers, 409)], [4, 3])
  t.match(answers.find(({ status }) => status === 409)?.body, { code: 'limit_reached', detail: /4 organizations/ })
  t.equal((await send('POST', '/v1/organizations', { by: rig.person(), body: { name: 'Theirs' } })).status, 201)
})

t.test('giving organizations away does not make room for as many within the day', async (t) => {
  const founder = rig.person()
  const heir = rig.person()
  const answers: Answer[] = []
  for (let n = 0; n < 4; n += 1) {
    const { id: org } = await rig.organization(founder, `Given ${n}`)
    if (n >= 3) break
    const { token } = await rig.invite({ org, by: founder, email: `${n}-${heir.email}` }).then(async (made) => {
      heir.email = `${n}-${heir.email}`
      return made
    })
    answers.push(await send('POST', '/v1/invitations/accept', { by: heir, body: { token } }))
    await rig.promote({ org, owner: founder, person: heir })
    await send('DELETE', `/v1/organizations/${org}/members/${founder.id}`, { by: founder, org })
  }
  t.same(countOf(answers, 200), 3)
  t.match(await send('POST', '/v1/organizations', { by: founder, body: { name: 'Fifth' } }), {
    status: 429,
    body: { code: 'rate_limited' },
  })
})

t.test('an invitation is sent again as often as its address may get one', async (t) => {
  const owner = rig.person()
  const { id: org } = await rig.organization(owner)
  const { id } = (await invite(owner, org, 'again@example.com')).body
  const resend = () => send('POST', `/v1/organizations/${org}/invitations/${id}/resend`, { by: owner, org })
  t.same([(await resend()).status, (await resend()).status], [200, 200])
  t.match(await resend(), { status: 429, body: { code: 'rate_limited' } })
})

t.test('a person asks for access so often, to join or for a role', async (t) => {
  const [owner, stranger, member] = [rig.person(), rig.person(), rig.person()]
  const { id: org, slug } = await rig.organization(owner)
  await rig.join({ org, owner, person: member })
  await send('PATCH', `/v1/organizations/${org}/settings`, { by: owner, org, body: { join_requests: true } })
  const reason = 'I keep the books'
  const join = () => send('POST', '/v1/me/access-requests', { by: stranger, body: { slug, reason } })
  const body = { roles: ['admin'], reason }
  const ask = () => send('POST', `/v1/organizations/${org}/access-requests`, { by: member, org, body })
  for (const request of [join, ask]) {
    t.equal((await request()).status, 201)
    t.match(await request(), { status: 409, body: { code: 'conflict' } }, 'one is open')
    t.match(await request(), { status: 429, body: { code: 'rate_limited' } })
  }
})
