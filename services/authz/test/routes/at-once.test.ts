/**
 * Evaluations from memory alone: never an answer that what is known by now would not give. What all other tests ask is
 * compared in the fixture.
 */
import t from 'tap'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { encodeRevision } from '@gatehouse/service-kit/context/revision'
import { verifyAccessToken } from '@gatehouse/test-kit/verify-token'
import { openPlatform, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)

type Asked = { action: string; token: string; context?: object; id?: string; properties?: object }
const ask = async (member: Member, { action, token, context, id = '1', properties = {} }: Asked) => {
  const body = {
    subject: { type: 'user', id: member.id },
    action: { name: action },
    resource: { type: 'invoice', id, properties },
    ...(context && { context }),
  }
  return (await platform.askAtOnce(replica, { method: 'POST', url: '/access/v1/evaluation', token, body })).body
}

t.test('whoever brings a token that knows more is asked for, not answered from memory', async (t) => {
  const clerk = platform.join(org, platform.person(), {
    roles: ['invoice-clerk'],
    attributes: { department: 'sales', limit: 10 },
  })
  const token = platform.tokenOf(clerk)
  const approve = (token: string) =>
    ask(clerk, { action: 'approve', token, properties: { department: 'sales', amount: 5 } })
  for (let time = 0; time < 2; time += 1)
    t.match(await approve(token), { decision: true }, 'from memory the second time')
  const moved = {
    membership_id: clerk.membershipId,
    organization_id: org.id,
    user_id: clerk.id,
    status: 'active' as const,
    is_owner: false,
    attributes: { department: 'law', limit: 10 },
    changed: ['attributes'],
  }
  const newer = platform.tokenOf({ ...clerk, mv: 2 })
  // Verified once, so that the token itself is no reason to go the regular path.
  await verifyAccessToken(replica.deps.accessTokens, newer)
  platform.orgs.announce(MembershipUpdated, {
    subject: clerk.membershipId,
    orgid: org.id,
    userid: clerk.id,
    version: 2,
    data: moved,
  })
  t.match(await approve(newer), { decision: false })
})

t.test('what is stored of a resource counts, and a change of it at once', async (t) => {
  const store = (locked: boolean) =>
    platform.ask(replica, {
      method: 'PUT',
      url: '/v1/authz/entities/invoice/7',
      token: platform.tokenOf(owner),
      body: { attributes: { locked } },
    })
  const token = platform.tokenOf(owner)
  for (const locked of [true, false, true]) {
    t.equal((await store(locked)).status, 200)
    for (let time = 0; time < 2; time += 1)
      t.match(await ask(owner, { action: 'approve', token, id: '7' }), { decision: !locked }, `locked: ${locked}`)
  }
})

t.test('a role that ends is over for whoever was answered from memory a moment before', async (t) => {
  const reader = platform.join(org, platform.person())
  const token = platform.tokenOf(reader)
  const read = async () => (await ask(reader, { action: 'read', token }))['decision']
  t.same([await read(), await read()], [false, false])
  const endsMs = Date.now() + 5000
  const given = await platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${org.id}/assignments`,
    token: platform.tokenOf(owner),
    body: {
      principal: { type: 'user', id: reader.id },
      role: 'invoice-reader',
      expires_at: new Date(endsMs).toISOString(),
    },
  })
  t.equal(given.status, 201)
  const answers = new Map<unknown, number>()
  for (let atMs = Date.now(); atMs <= endsMs || (answers.get(false) ?? 0) < 20; atMs = Date.now()) {
    const decision = await read()
    if (atMs > endsMs) t.equal(decision, false, 'after its end')
    answers.set(decision, (answers.get(decision) ?? 0) + 1)
  }
  t.ok((answers.get(true) ?? 0) > 3 && (answers.get(false) ?? 0) >= 20, 'from memory before and after')
})

t.test('a moment of the past, and what must be waited for, is never answered from memory', async (t) => {
  const token = platform.tokenOf(owner)
  t.match(await ask(owner, { action: 'read', token }), { decision: true })
  t.match(await ask(owner, { action: 'read', token, context: { at: '2020-01-01T00:00:00Z' } }), { decision: false })
  t.match(await ask(owner, { action: 'read', token, context: { at_least: encodeRevision([['orgs', 9999]]) } }), {
    code: 'revision_unavailable',
  })
})
