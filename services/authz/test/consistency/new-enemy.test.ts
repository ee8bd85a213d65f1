/**
 * The new enemy (R9): somebody loses a right, and whoever saw that change asks a decision point that hears of it up to half a second later.
 * With `at_least` no answer may be older than the change; without it the answer may be old, and how old is measured.
 * `R9_RUNS=10000` for the long run; `R9_SEED` repeats one.
 */
import t from 'tap'
import { UserDisabled } from '@gatehouse/contracts/events/identity/user-disabled.v1'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership-updated.v1'
import { encodeRevision } from '@gatehouse/service-kit/context/revision'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { openPlatform, type Member } from '../fixtures/platform.ts'
import { seeded, startDelayedPdp, type DelayedPdp } from './delayed-pdp.ts'

const runs = Number(process.env['R9_RUNS'] ?? 100)
const seed = Number(process.env['R9_SEED'] ?? 20_261_125)
const atOnce = 40
const mostMs = 500

const platform = await openPlatform(t)
const writer = await platform.replica()
const { org, owner } = await platform.withInvoices(writer)
const { db, system, spine } = writer.deps
const start = (number: number) => startDelayedPdp({ seed: seed + number, mostMs, db, system, spine, identity: platform.identity.client, orgs: platform.orgs.client, tokens: platform.tokens.client })
const pdps = await Promise.all([start(1), start(2)])
t.teardown(() => Promise.all(pdps.map((pdp) => pdp.stop())))

const approval = { action: 'approve', properties: { department: 'sales', amount: 50 } }
const ownerToken = platform.tokenOf(owner)
const attributes = { department: 'sales', limit: 100 }
const orgsNow = () => encodeRevision([['orgs', platform.orgs.head()]])

/** Each takes the right away and says the revision its author was given. */
const changes: Record<string, (member: Member) => Promise<string>> = {
  async leave(member) {
    platform.leave(member)
    return orgsNow()
  },
  async attribute(member) {
    const facts = { membership_id: member.membershipId, organization_id: org.id, user_id: member.id, status: 'active' as const, is_owner: false, attributes: { department: 'sales', limit: 1 } }
    platform.orgs.announce(MembershipUpdated, { subject: member.membershipId, orgid: org.id, userid: member.id, version: 2, data: { ...facts, changed: ['attributes'] } })
    return orgsNow()
  },
  async disable(member) {
    platform.identity.announce(UserDisabled, { subject: member.id, userid: member.id, version: 2, data: { user_id: member.id, min_uv: 2 } })
    return encodeRevision([['identity', platform.identity.head()]])
  },
  async role(member) {
    const { headers } = await platform.ask(writer, { method: 'PUT', url: `/v1/organizations/${org.id}/members/${member.id}/roles`, token: ownerToken, body: { roles: [] } })
    return String(headers['gatehouse-revision'])
  },
}
// A change of roles is a whole request; the others only an event.
const kinds = ['leave', 'attribute', 'disable', 'leave', 'attribute', 'disable', 'role']

type Outcome = { stale: string[]; unknown: number; answers: number }

async function interleave(number: number, outcome: Outcome): Promise<void> {
  const draw = seeded(seed * 31 + number)
  const member = platform.join(org, platform.person(), { roles: ['invoice-clerk'], attributes })
  const joined = encodeRevision([['orgs', platform.orgs.head()], ['identity', platform.identity.head()]])
  for (const pdp of pdps) await waitUntil('a new member is allowed', async () => (await pdp.ask(member, { ...approval, atLeast: joined })) === true)
  const kind = kinds[Math.floor(draw() * kinds.length)] ?? 'leave'
  const revision = await changes[kind]?.(member)
  if (revision === undefined) throw new Error(`no change ${kind}`)
  const first = draw() < 0.5 ? 0 : 1
  const asked = [pdps[first], pdps[1 - first]] as DelayedPdp[]
  const withRevision = await Promise.all(asked.map((pdp) => pdp.ask(member, { ...approval, atLeast: revision })))
  outcome.answers += withRevision.length
  outcome.unknown += withRevision.filter((decision) => decision === undefined).length
  if (withRevision.includes(true)) outcome.stale.push(`run ${number}: ${kind}`)
  // What is known at one of them is not news to anybody who asks it again, with or without a revision.
  const again = await Promise.all(asked.map((pdp) => pdp.ask(member, approval)))
  again.forEach((decision, place) => decision === true && withRevision[place] === false && outcome.stale.push(`run ${number}: ${kind}, again`))
}

t.test(`${runs} interleavings of a change and a check on two decision points that hear up to ${mostMs} ms late`, { timeout: 900_000 }, async (t) => {
  const outcome: Outcome = { stale: [], unknown: 0, answers: 0 }
  let next = 0
  const lane = async () => {
    while (next < runs) await interleave(next++, outcome)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  t.same(outcome.stale, [], 'no answer is older than the change it was to know')
  t.ok(outcome.unknown < outcome.answers, 'and there are answers')
  t.comment(`seed ${seed}: ${outcome.answers} answers with at_least, ${outcome.unknown} times 503, 0 stale`)
})

t.test('without a revision an answer may be old; how old is measured', async (t) => {
  const staleMs: number[] = []
  await Promise.all(
    Array.from({ length: Math.min(20, runs) }, async () => {
      const member = platform.join(org, platform.person(), { roles: ['invoice-clerk'], attributes })
      const joined = encodeRevision([['orgs', platform.orgs.head()], ['identity', platform.identity.head()]])
      for (const pdp of pdps) await pdp.ask(member, { ...approval, atLeast: joined })
      const beganMs = performance.now()
      platform.leave(member)
      for (const pdp of pdps) await waitUntil('the change arrives', async () => (await pdp.ask(member, approval)) === false)
      staleMs.push(performance.now() - beganMs)
    }),
  )
  staleMs.sort((a, b) => a - b)
  t.equal(staleMs.length, Math.min(20, runs), 'everybody hears of it')
  t.comment(`staleness without at_least: median ${Math.round(staleMs[staleMs.length >> 1] ?? 0)} ms, most ${Math.round(staleMs.at(-1) ?? 0)} ms of ${mostMs} ms delay`)
})
