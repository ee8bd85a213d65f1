/** What several people do at once: one winner, one owner left, one slug. */
import { InvitationAccepted } from '@gatehouse/contracts/events/orgs/invitation'
import { MembershipCreated, MembershipRemoved } from '@gatehouse/contracts/events/orgs/membership'
import t from 'tap'
import { openRig, type Answer } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send } = rig
const callers = 16
const ada = rig.person()
const { id: org } = await rig.organization(ada)
const statuses = (answers: Answer[]): number[] => answers.map(({ status }) => status).sort()
/** In bursts, where a run asks for many: a burst is as concurrent as the database can be. */
const bursts = process.env['GATEHOUSE_FULL'] === '1' ? 63 : 1
async function inBursts<T>(run: (n: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = []
  for (let burst = 0; burst < bursts; burst += 1) answers.push(...(await times(run)))
  return answers
}
const times = <T>(run: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: callers }, (_, n) => run(n)))

t.test('16 acceptances with a bearer, over several links of one invitation: one wins', async (t) => {
  const bob = rig.person('bob@example.com')
  const { id, token } = await rig.invite({ org, by: ada, email: bob.email })
  const tokens = [token, await rig.mint(id), await rig.mint(id)]
  const answers = await inBursts((n) =>
    send('POST', '/v1/invitations/accept', { by: bob, body: { token: tokens[n % 3] } }),
  )
  t.same(statuses(answers), [200, ...Array<number>(callers * bursts - 1).fill(400)])
  t.equal((await rig.events.listOf(InvitationAccepted)).filter((event) => event.subject === id).length, 1)
  t.equal((await rig.events.listOf(MembershipCreated)).filter((event) => event.userid === bob.id).length, 1)
})

t.test('16 acceptances as a new person: one user, one membership', async (t) => {
  const { id, token } = await rig.invite({ org, by: ada, email: 'carol@example.com' })
  const answers = await times(() =>
    send('POST', '/v1/invitations/accept', { body: { token, name: 'Carol', password: 'correct horse battery' } }),
  )
  t.same(statuses(answers), [200, ...Array<number>(callers - 1).fill(400)])
  const userId = rig.world.invited.get(id)
  t.equal((await rig.events.listOf(MembershipCreated)).filter((event) => event.userid === userId).length, 1)
})

t.test('acceptance, refusal and revocation at once: one of them happened', async (t) => {
  const dave = rig.person('dave@example.com')
  const { id, token } = await rig.invite({ org, by: ada, email: dave.email })
  const answers = await times((n) => {
    if (n % 3 === 0) return send('POST', '/v1/invitations/accept', { by: dave, body: { token } })
    if (n % 3 === 1) return send('POST', '/v1/invitations/decline', { body: { token } })
    return send('DELETE', `/v1/organizations/${org}/invitations/${id}`, { by: ada, org })
  })
  t.equal(answers.filter(({ status }) => status < 300).length, 1)
  t.notOk(answers.some(({ status }) => status >= 500))
  t.equal((await rig.events.list()).filter((event) => event.subject === id && event.version === 2).length, 1)
})

t.test('16 invitations of one address: one is sent', async (t) => {
  const answers = await times(() =>
    send('POST', `/v1/organizations/${org}/invitations`, {
      by: ada,
      org,
      body: { email: 'erin@example.com', roles: ['viewer'] },
    }),
  )
  t.same(statuses(answers), [201, ...Array<number>(callers - 1).fill(409)])
})

t.test('two owners taking ownership from each other, removing each other and leaving: one is left', async (t) => {
  const wishes = [
    {
      name: 'demote',
      send: (by: typeof ada, target: typeof ada, small: string) =>
        send('PATCH', `/v1/organizations/${small}/members/${target.id}`, { by, org: small, body: { is_owner: false } }),
    },
    {
      name: 'remove',
      send: (by: typeof ada, target: typeof ada, small: string) =>
        send('DELETE', `/v1/organizations/${small}/members/${target.id}`, { by, org: small }),
    },
    {
      name: 'leave',
      send: (by: typeof ada, _target: typeof ada, small: string) =>
        send('DELETE', `/v1/organizations/${small}/members/${by.id}`, { by, org: small }),
    },
  ]
  for (const one of wishes) {
    for (const another of wishes) {
      const [frank, grace] = [rig.person(), rig.person()]
      const { id: small } = await rig.organization(frank, 'Small')
      await rig.join({ org: small, owner: frank, person: grace })
      await rig.promote({ org: small, owner: frank, person: grace })
      const answers = await Promise.all([one.send(frank, grace, small), another.send(grace, frank, small)])
      const owners = await rig.asAdministrator(
        `select m.id from orgs.memberships m join orgs.organizations o on o.id = m.org_id where m.is_owner and ` +
          `o.slug = '${await slugOf(small, frank)}'`,
      )
      t.equal(owners.length, 1, `${one.name} and ${another.name}: ${statuses(answers).join(' ')}`)
      t.notOk(answers.some(({ status }) => status >= 500))
    }
  }
})

const slugOf = async (id: string, by: typeof ada): Promise<string> =>
  (await send('GET', `/v1/organizations/${id}`, { by, org: id })).body.slug

t.test('16 removals of one member: one is announced', async (t) => {
  const heidi = rig.person()
  await rig.join({ org, owner: ada, person: heidi })
  const answers = await times(() => send('DELETE', `/v1/organizations/${org}/members/${heidi.id}`, { by: ada, org }))
  t.same(statuses(answers), [204, ...Array<number>(callers - 1).fill(404)])
  t.equal((await rig.events.listOf(MembershipRemoved)).filter((event) => event.userid === heidi.id).length, 1)
})

t.test('16 organizations with one slug asked for: one gets it', async (t) => {
  const answers = await times(() =>
    send('POST', '/v1/organizations', { by: ada, body: { name: 'Race', slug: 'race' } }),
  )
  t.same(statuses(answers), [201, ...Array<number>(callers - 1).fill(409)])
})

t.test('16 organizations of one name: all are made, each with its own slug', async (t) => {
  const answers = await times(() => send('POST', '/v1/organizations', { by: ada, body: { name: 'Popular' } }))
  t.same(new Set(statuses(answers)), new Set([201]))
  t.equal(new Set(answers.map(({ body }) => body.slug)).size, callers)
})
