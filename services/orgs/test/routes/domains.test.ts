/**
 * Domains, by status code: proven by DNS, checked again, one organization at a time, and what they mean for people with
 * an address there.
 */
import {
  DomainAdded,
  DomainLapsed,
  DomainRemoved,
  DomainUpdated,
  DomainVerified,
} from '@gatehouse/contracts/events/orgs/domain'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { checkDueDomains } from '../../src/use-cases/domains/check-domains.ts'
import { openRig, type Rig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
type Person = ReturnType<Rig['person']>
type Record = { name: string; value: string }
type Claimed = { id: string; name: string; status: string; record: Record; last_check: string | null }

async function open() {
  const owner = rig.person()
  const { id: org } = await rig.organization(owner)
  const path = `/v1/organizations/${org}/domains`
  const add = (name: string) => send('POST', path, { by: owner, org, body: { name } })
  return {
    owner,
    org,
    add,
    claim: async (name: string) => (await add(name)).body as unknown as Claimed,
    list: (query = '') => send('GET', `${path}${query}`, { by: owner, org }),
    verify: (id: string) => send('POST', `${path}/${id}/verify`, { by: owner, org }),
    set: (id: string, capture: string, ifMatch?: string) =>
      send('PATCH', `${path}/${id}`, {
        by: owner,
        org,
        body: { capture },
        ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
      }),
    remove: (id: string) => send('DELETE', `${path}/${id}`, { by: owner, org }),
  }
}

/** Puts the record into DNS, beside another one and in two pieces, as long records come. */
const publish = ({ name, value }: Record) =>
  world.dns.set(name, { kind: 'records', records: [['v=spf1 -all'], [value.slice(0, 9), value.slice(9)]] })
const isDue = (id: string) =>
  rig.asAdministrator(`update domains set next_check_at = now() - interval '1 second' where id = '${uuidOf(id)}'`)
const statusOf = async (id: string) =>
  (await rig.asAdministrator(`select status, last_check from domains where id = '${uuidOf(id)}'`))[0]
const offered = async (by: Person) =>
  (await send('GET', '/v1/me/offered-organizations', { by })).body.data as unknown as {
    organization: { id: string }
    by: string
  }[]
const join = (by: Person, id: string) => send('POST', `/v1/me/offered-organizations/${id}/join`, { by })
const countOf = async (contract: { type: string }, id: string) =>
  (await rig.events.list()).filter(({ type, subject }) => type === contract.type && subject === id).length

t.test('201 claimed, 200 verified once DNS holds the record, 204 given up', async (t) => {
  const { org, claim, list, verify, remove } = await open()
  const claimed = await claim('Proven.Example')
  t.match(claimed, {
    id: /^dom_/,
    name: 'proven.example',
    status: 'pending',
    last_check: null,
    record: { name: '_gatehouse-challenge.proven.example', value: /^gatehouse-domain-verification=\S{32}$/ },
  })
  t.match(await verify(claimed.id), { status: 200, body: { status: 'pending', last_check: 'missing' } })
  world.dns.set(claimed.record.name, { kind: 'records', records: [['gatehouse-domain-verification=another']] })
  t.match(await verify(claimed.id), { body: { status: 'pending', last_check: 'missing' } })
  world.dns.set(claimed.record.name, { kind: 'unanswered' })
  t.match(await verify(claimed.id), { status: 200, body: { status: 'pending', last_check: 'unanswered' } })
  publish(claimed.record)
  t.match(await verify(claimed.id), { status: 200, body: { status: 'verified', last_check: 'found' } })
  await verify(claimed.id)
  t.same([await countOf(DomainAdded, claimed.id), await countOf(DomainVerified, claimed.id)], [1, 1])
  t.match((await list()).body.data, [{ id: claimed.id, status: 'verified' }])
  t.notMatch(JSON.stringify((await rig.events.list()).filter(({ orgid }) => orgid === org)), /proven\.example/)
  t.equal((await remove(claimed.id)).status, 204)
  t.equal((await remove(claimed.id)).status, 404)
  t.equal(await countOf(DomainRemoved, claimed.id), 1)
})

t.test('one organization has a domain at a time, also when several prove it at once', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const name = `raced-${round}.example`
    const rivals = await Promise.all([open(), open(), open(), open()])
    const claims = await Promise.all(rivals.map(({ claim }) => claim(name)))
    const values = claims.map(({ record }) => [record.value])
    world.dns.set(claims[0]?.record.name ?? '', { kind: 'records', records: values })
    const answers = await Promise.all(rivals.map(({ verify }, n) => verify(claims[n]?.id ?? '')))
    t.same(
      answers.map(({ body }) => `${body.status} ${(body as unknown as Claimed).last_check}`).sort(),
      ['pending taken', 'pending taken', 'pending taken', 'verified found'],
      `${round}`,
    )
    const winner = answers.findIndex(({ body }) => body.status === 'verified')
    await rivals[winner]?.remove(claims[winner]?.id ?? '')
    const heir = (winner + 1) % rivals.length
    t.match(await rivals[heir]?.verify(claims[heir]?.id ?? ''), { body: { status: 'verified' } }, 'it is free again')
  }
})

t.test(
  'a job checks again: a record that is gone at three checks takes the domain, no answer takes nothing',
  async (t) => {
    const { claim, verify } = await open()
    const { id, record } = await claim('lapsing.example')
    const checkAgain = async () => {
      await isDue(id)
      t.equal(await checkDueDomains(rig.deps), 1)
      return (await statusOf(id))?.['status']
    }
    publish(record)
    t.equal(await checkAgain(), 'verified', 'a new claim is checked unasked')
    t.equal(await checkDueDomains(rig.deps), 0, 'not before its time')
    world.dns.set(record.name, { kind: 'unanswered' })
    for (let times = 0; times < 5; times += 1) t.equal(await checkAgain(), 'verified')
    world.dns.delete(record.name)
    t.same([await checkAgain(), await checkAgain()], ['verified', 'verified'])
    publish(record)
    t.equal(await checkAgain(), 'verified', 'found again: counted anew')
    world.dns.delete(record.name)
    t.same([await checkAgain(), await checkAgain(), await checkAgain()], ['verified', 'verified', 'lapsed'])
    t.equal(await countOf(DomainLapsed, id), 1)
    publish(record)
    t.match(await verify(id), { body: { status: 'verified' } }, 'and it can be proven anew')
    await isDue(id)
    const counts = await Promise.all([1, 2, 3].map(() => checkDueDomains(rig.deps)))
    t.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1,
      'by one replica',
    )
  },
)

t.test('people of a proven domain are offered the organization, and join it where it lets them', async (t) => {
  const { owner, org, claim, verify, set } = await open()
  const { id, record } = await claim('people.example')
  const person = rig.person('ann@People.example')
  const unproven = { ...rig.person('eve@people.example'), email_verified: false }
  world.people.set(unproven.id, unproven)
  t.equal((await set(id, 'offer')).status, 200)
  t.equal(await countOf(DomainUpdated, id), 1)
  t.same(await offered(person), [], 'an unproven domain captures nobody')
  t.equal((await join(person, org)).status, 404)
  publish(record)
  await verify(id)
  t.match(await offered(person), [{ organization: { id: org }, by: 'join' }])
  for (const other of [unproven, rig.person('bob@other.example'), rig.person('bob@sub.people.example')]) {
    t.same(await offered(other), [])
    t.equal((await join(other, org)).status, 404)
  }
  const answers = await Promise.all(Array.from({ length: 6 }, () => join(person, org)))
  t.same(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409])
  const joined = (await rig.events.listOf(MembershipCreated)).filter(({ userid }) => userid === person.id)
  t.match(joined, [{ orgid: org, data: { roles: ['member'], is_owner: false } }])
  t.same(await offered(person), [])
  t.match(await join(person, org), { status: 409, body: { code: 'already_member' } })
  await send('DELETE', `/v1/organizations/${org}/members/${person.id}`, { by: owner, org })
  t.match(await join(person, org), { status: 409, body: { code: 'conflict' } }, 'who was removed does not walk back in')
  await set(id, 'off')
  const late = rig.person('late@people.example')
  t.same(await offered(late), [])
  t.equal((await join(late, org)).status, 404)
  await send('PATCH', `/v1/organizations/${org}/settings`, { by: owner, org, body: { join_requests: true } })
  t.match(await offered(late), [{ organization: { id: org }, by: 'ask' }])
  t.equal((await send('GET', '/v1/me/offered-organizations')).status, 401)
})

t.test('412: an old version; the tag is the version, which a proof changes as well', async (t) => {
  const { claim, verify, list, set } = await open()
  const { id, record } = await claim('versioned.example')
  t.match((await list()).body.data, [{ id, version: 1, capture: 'off' }])
  t.match(await set(id, 'offer', '"1"'), { status: 200, body: { version: 2 }, headers: { etag: '"2"' } })
  t.match(await set(id, 'offer', '"2"'), { status: 200, headers: { etag: '"2"' } }, 'as it was')
  t.match(await set(id, 'off', '"1"'), { status: 412, body: { code: 'precondition_failed' } })
  publish(record)
  await verify(id)
  t.equal((await set(id, 'join', '"2"')).status, 412)
  const answers = await Promise.all(['off', 'join', 'off', 'join'].map((capture) => set(id, capture, '"3"')))
  t.same(answers.map(({ status }) => status).sort(), [200, 412, 412, 412], 'of several one is made')
  t.equal(await countOf(DomainUpdated, id), 2)
})

t.test('403 by permission, and for whoever could not give the role; 404, 409, 400', async (t) => {
  const { owner, org, add, claim, list, verify, set, remove } = await open()
  const { id } = await claim('guarded.example')
  t.teardown(() => (world.denied.clear(), world.refusedRoles.clear()))
  world.refusedRoles.add('member')
  for (const capture of ['offer', 'join']) t.match(await set(id, capture), { status: 403, body: { detail: /member/ } })
  t.equal((await set(id, 'off')).status, 200)
  world.refusedRoles.clear()
  world.denied.add('gatehouse:domains.read').add('gatehouse:domains.write')
  for (const answer of [add('x.example'), list(), verify(id), set(id, 'off'), remove(id), verify(newId('dom'))])
    t.equal((await answer).status, 403)
  world.denied.clear()
  const foreign = await (await open()).claim('foreign.example')
  for (const missing of [foreign.id, newId('dom'), newId('inv'), 'x'])
    for (const answer of [verify(missing), set(missing, 'off'), remove(missing)]) t.equal((await answer).status, 404)
  t.match(await add('GUARDED.example'), { status: 409, body: { code: 'conflict' } })
  for (const name of [
    'example',
    '-x.example',
    'x..example',
    'ex ample.com',
    '*.example.com',
    '10.0.0.1',
    'münchen.example',
    '',
  ])
    t.equal((await add(name)).status, 400, name)
  t.equal((await set(id, 'maybe')).status, 400)
  t.match(await list('?cursor=x'), { status: 400, body: { code: 'invalid_cursor' } })
  t.equal((await send('GET', `/v1/organizations/${newId('org')}/domains`, { by: owner, org })).status, 404)
})

t.test('409 limit_reached, 429: claims and looks at DNS are bounded', async (t) => {
  const { org, add, claim, verify } = await open()
  const { id } = await claim('bounded.example')
  await rig.asAdministrator(
    `insert into domains (id, org_id, name, proof) select gen_random_uuid(), '${uuidOf(org)}', n || ` +
      `'.bulk.example', 'x' from generate_series(1, 49) n`,
  )
  t.match(await add('one-more.example'), { status: 409, body: { code: 'limit_reached' } })
  const statuses: number[] = []
  for (let times = 0; times < 31; times += 1) statuses.push((await verify(id)).status)
  t.equal(statuses.filter((status) => status === 429).length > 0, true)
  t.equal(statuses[0], 200)
})
