/**
 * The new enemy (R9): somebody loses a right, and whoever saw that change asks a decision point that hears of it up to
 * half a second later. With `at_least` no answer may be older than the change; without it the answer may be old, and
 * how old is measured. `R9_RUNS=10000` for the long run; `R9_SEED` repeats one.
 */
import t from 'tap'
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
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
const start = (number: number) =>
  startDelayedPdp({
    seed: seed + number,
    mostMs,
    db,
    system,
    spine,
    identity: platform.identity.client,
    orgs: platform.orgs.client,
    tokens: platform.tokens.client,
  })
const pdps = await Promise.all([start(1), start(2)])
t.teardown(() => Promise.all(pdps.map((pdp) => pdp.stop())))

const approval = { action: 'approve', properties: { department: 'sales', amount: 50 } }
const attributes = { department: 'sales', limit: 100 }
const orgsNow = () => encodeRevision([['orgs', platform.orgs.head()]])

/** Each takes the right away and says the revision its author was given. */
const changes: Record<string, (member: Member) => Promise<string>> = {
  async leave(member) {
    platform.leave(member)
    return orgsNow()
  },
  async attribute(member) {
    platform.changeAttributes(member, { department: 'sales', limit: 1 })
    return orgsNow()
  },
  async disable(member) {
    platform.identity.announce(UserDisabled, {
      subject: member.id,
      userid: member.id,
      version: 2,
      data: { user_id: member.id, min_uv: 2 },
    })
    return encodeRevision([['identity', platform.identity.head()]])
  },
  async role(member) {
    const { status, headers, body } = await platform.ask(writer, {
      method: 'PUT',
      url: `/v1/organizations/${org.id}/members/${member.id}/roles`,
      token: platform.tokenOf(owner),
      body: { roles: [] },
    })
    if (status !== 200) throw new Error(`the roles were not changed: ${JSON.stringify(body)}`)
    return String(headers['gatehouse-revision'])
  },
}
// A change of roles is a whole request; the others only an event.
const kinds = ['leave', 'attribute', 'disable', 'leave', 'attribute', 'disable', 'role']

type Outcome = { stale: string[]; unknown: number; answers: number }

async function interleave(number: number, outcome: Outcome): Promise<void> {
  const draw = seeded(seed * 31 + number)
  const member = platform.join(org, platform.person(), { roles: ['invoice-clerk'], attributes })
  const joined = encodeRevision([
    ['orgs', platform.orgs.head()],
    ['identity', platform.identity.head()],
  ])
  for (const pdp of pdps)
    await waitUntil(
      'a new member is allowed',
      async () => (await pdp.ask(member, { ...approval, atLeast: joined })) === true,
    )
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
  again.forEach(
    (decision, place) =>
      decision === true && withRevision[place] === false && outcome.stale.push(`run ${number}: ${kind}, again`),
  )
}

t.test(
  `${runs} interleavings of a change and a check on two decision points that hear up to ${mostMs} ms late`,
  { timeout: 900_000 },
  async (t) => {
    const outcome: Outcome = { stale: [], unknown: 0, answers: 0 }
    let next = 0
    const lane = async () => {
      while (next < runs) await interleave(next++, outcome)
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    t.same(outcome.stale, [], 'no answer is older than the change it was to know')
    t.ok(outcome.unknown < outcome.answers, 'and there are answers')
    t.comment(`seed ${seed}: ${outcome.answers} answers with at_least, ${outcome.unknown} times 503, 0 stale`)
  },
)

t.test(
  'without a revision an answer may be old, never by more than 5 s; how old is measured',
  { timeout: 900_000 },
  async (t) => {
    const changed = Math.max(40, Math.round(runs / 10))
    const staleMs: number[] = []
    let next = 0
    /** Milliseconds from the change to the last answer that did not know it. */
    const listen = async (pdp: DelayedPdp, member: Member): Promise<number> => {
      const beganMs = performance.now()
      let lastMs = 0
      await waitUntil('the change arrives', async () => {
        const decision = await pdp.ask(member, approval)
        if (decision === true) lastMs = performance.now() - beganMs
        return decision === false
      })
      return lastMs
    }
    const lane = async () => {
      while (next < changed) {
        const kind = kinds[next++ % kinds.length] as string
        const member = platform.join(org, platform.person(), { roles: ['invoice-clerk'], attributes })
        const joined = encodeRevision([
          ['orgs', platform.orgs.head()],
          ['identity', platform.identity.head()],
        ])
        for (const pdp of pdps)
          await waitUntil(
            'a new member is allowed',
            async () => (await pdp.ask(member, { ...approval, atLeast: joined })) === true,
          )
        await changes[kind]?.(member)
        staleMs.push(...(await Promise.all(pdps.map((pdp) => listen(pdp, member)))))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    staleMs.sort((a, b) => a - b)
    t.equal(staleMs.length, changed * pdps.length, 'everybody hears of it')
    t.equal(staleMs.filter((ms) => ms > 5000).length, 0, 'nobody allows what ended 5 s ago')
    const at = (q: number) => Math.round(staleMs[Math.min(staleMs.length - 1, Math.floor(q * staleMs.length))] ?? 0)
    t.comment(
      `staleness without at_least, ${staleMs.length} times: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ` +
        `ms, where news is up to ${mostMs} ms late`,
    )
  },
)
