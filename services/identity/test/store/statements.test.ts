/**
 * What signing in and reading oneself cost: statements, round trips, hashes, calls of a neighbour and events, counted.
 * A rise is a regression, whatever the clock says. Nothing runs in the background.
 */
import { adminUrl } from '@gatehouse/test-kit/database'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import t from 'tap'
import { openPlatform, type Person } from '../fixtures/platform.ts'
import { enrolled } from '../fixtures/second-factor.ts'

const counter = await startStatementCounter(t, adminUrl())
const platform = await openPlatform(t, { through: counter.through })
const replica = await platform.replica()

let hashes = 0
const { findMatch } = replica.deps.hasher
replica.deps.hasher.findMatch = (...args) => {
  hashes += 1
  return findMatch(...args)
}

/** `seen`: the status of the last answer, and what it took besides statements. */
function signingIn({ email, password }: Person) {
  const seen = { status: '', hashes: 0, sessions: 0 }
  const run = async () => {
    const [hashesBefore, sessionsBefore] = [hashes, platform.tokens.asked.length]
    const { body } = await platform.ask(replica, { url: '/v1/auth/login', body: { email, password } })
    seen.status = String(body['status'])
    seen.hashes = hashes - hashesBefore
    seen.sessions = platform.tokens.asked.length - sessionsBefore
  }
  return { seen, run }
}

t.test('a sign-in with a password is four reads, one hash, one call of tokens, and no event', async (t) => {
  const person = await platform.verified(replica)
  const before = (await platform.announced(replica, person.id)).length
  const { seen, run } = signingIn(person)
  const { statements, roundTrips, parses, texts } = await counter.whenKnown(run)
  t.same(seen, { status: 'authenticated', hashes: 1, sessions: 1 })
  t.same([statements, roundTrips, parses], [4, 4, 0], texts.join('\n'))
  t.equal((await platform.announced(replica, person.id)).length, before)
})

t.test('a sign-in that goes on with a second factor keeps its step in one transaction more', async (t) => {
  const { seen, run } = signingIn(await enrolled(platform, replica))
  // What was announced after its answer is over.
  await replica.deps.spine.sequence()
  const { statements, roundTrips, parses, texts } = await counter.whenKnown(run)
  t.same(seen, { status: 'challenge', hashes: 1, sessions: 0 })
  t.same([statements, roundTrips, parses], [8, 8, 0], texts.join('\n'))
})

t.test('reading oneself is one round trip', async (t) => {
  const person = await platform.verified(replica)
  const token = platform.tokens.accessTokenFor(person.id)
  await replica.deps.spine.sequence()
  const { statements, roundTrips, parses, texts } = await counter.whenKnown(async () => {
    const { status } = await platform.ask(replica, { method: 'GET', url: '/v1/me', token })
    t.equal(status, 200)
  })
  t.same([statements, roundTrips, parses], [3, 1, 0], texts.join('\n'))
})
