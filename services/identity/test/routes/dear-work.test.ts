/**
 * What strangers send keeps nobody from signing in: dear passwords are judged beside the event loop, and a hash is made
 * for nobody who has gone.
 */
import type { AddressInfo } from 'node:net'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { newAddress, newPassword, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
type Replica = Awaited<ReturnType<typeof platform.replica>>
const replica = await platform.replica()
const person = await platform.verified(replica)

/** The estimate of this one takes longer than any other of its length; each is of somebody else. */
const dear = () => ({
  email: newAddress('dear'),
  password: 'p4$$w0rd1|!7+'.repeat(78),
  name: 'a bc def ghi jkl mno pqr stu vwx yza bcd efg hij',
})

t.test('eight registrations with a dear password: people sign in while the passwords are judged', async (t) => {
  const { estimateStrength } = replica.deps
  let rounds = 0
  const turn = (): void => {
    rounds += 1
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  t.teardown(() => clearImmediate(next))
  /** Rounds of the event loop while each password was judged: what is judged in this thread lets none pass. */
  const roundsMeanwhile: number[] = []
  replica.deps.estimateStrength = async (...given) => {
    const before = rounds
    const strength = await estimateStrength(...given)
    roundsMeanwhile.push(rounds - before)
    return strength
  }
  let areAnswered = false
  const registrations = Promise.all(
    Array.from({ length: 8 }, (_, nth) =>
      platform.ask(replica, { url: '/v1/auth/register', body: dear(), from: `203.0.113.${nth + 20}` }),
    ),
  ).finally(() => (areAnswered = true))
  const statuses = new Set<number>()
  do {
    const { email, password } = person
    statuses.add((await platform.ask(replica, { url: '/v1/auth/login', body: { email, password } })).status)
    // A crowded machine may say 503 for a while; the person asks again, as people do.
  } while (!areAnswered || !statuses.has(200))
  const told = (await registrations).filter(({ status }) => ![202, 503].includes(status))
  t.same(told, [], 'stored, or told to come again')
  t.ok(roundsMeanwhile.length > 0 && !roundsMeanwhile.includes(0), roundsMeanwhile.join())
  statuses.delete(503)
  t.same([...statuses], [200], 'a crowded machine is told by 503 and by nothing else')
})

t.test('what is hashed for nobody: callers that have gone leave the queue, and others have their turn', async (t) => {
  // One at a time, and each long enough for a line to form behind it.
  const slow = { IDENTITY_ARGON2_MEMORY_KIB: 65_536, IDENTITY_ARGON2_PASSES: 4, IDENTITY_HASH_CONCURRENCY: 1 }
  const slowReplica = await platform.replica({ ...slow, IDENTITY_HASH_WAIT_MS: 600_000 })
  const { hasher } = slowReplica.deps
  const { findMatch } = hasher
  const hashes = { asked: 0, made: 0, left: 0 }
  hasher.findMatch = async (...given) => {
    hashes.asked += 1
    return findMatch(...given).then(
      (found) => {
        hashes.made += 1
        return found
      },
      (reason: unknown) => {
        hashes.left += 1
        throw reason
      },
    )
  }
  await slowReplica.app.listen({ host: '127.0.0.1', port: 0 })
  const gone = new AbortController()
  const asked = Array.from({ length: 12 }, () =>
    overConnection(slowReplica, { email: person.email, password: newPassword() }, gone.signal),
  )
  const waiting = (): number => hashes.asked - hashes.made - hashes.left
  await waitUntil('a line of six', () => waiting() >= 6, 30_000)
  gone.abort()
  await Promise.all(asked)
  await waitUntil('the line is empty', () => waiting() === 0, 30_000)
  t.ok(hashes.left > 0, JSON.stringify(hashes))
  t.equal(hashes.made + hashes.left, hashes.asked)
})

/** A sign-in over a connection of its own, whose client goes when the signal says so. */
async function overConnection({ app }: Replica, body: object, signal: AbortSignal): Promise<void> {
  const headers = await headersOf(body)
  const { port } = app.server.address() as AddressInfo
  await fetch(`http://127.0.0.1:${port}/v1/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal,
  }).catch(() => undefined)
}

/** As the fixture would send it. */
async function headersOf(body: object): Promise<Record<string, string>> {
  let headers: Record<string, string> = {}
  const app = {
    inject: async (o: { headers: typeof headers }) => {
      headers = o.headers
      return { statusCode: 200, headers: {}, body: '' }
    },
  }
  await platform.ask({ app } as never, { url: '/v1/auth/login', body })
  return headers
}
