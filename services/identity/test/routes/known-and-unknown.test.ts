/**
 * S4 as a whole: registrations, logins, resets and requests for a code, half of them for addresses that somebody has
 * proven, mixed and at once, on a quiet service and beside people who sign in. Status, body, names of headers and
 * statements are compared, and the medians of the times are reported. `S4_TRIES` makes it the full measurement: so many
 * of each kind, with the parameters of a deployment, and then the medians may not lie apart either.
 */
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import t from 'tap'
import { newAddress, newPassword, openPlatform, type Answer } from '../fixtures/platform.ts'

const isMeasured = process.env['S4_TRIES'] !== undefined
const tries = Number(process.env['S4_TRIES'] ?? 16)
const mostApartMs = 5
const callers = 8
const people = Math.min(50, tries)

const platform = await openPlatform(t)
const replica = await platform.replica(
  isMeasured
    ? { IDENTITY_ARGON2_MEMORY_KIB: 19_456, IDENTITY_ARGON2_PASSES: 2, IDENTITY_ANSWER_SPAN_MS: 250 }
    : { IDENTITY_ANSWER_SPAN_MS: 50 },
)
const known: string[] = []
for (let made = 0; made < people; made += 1) known.push((await platform.verified(replica)).email)
const regular = await platform.verified(replica)

let statements = 0
const isBeside = (statement: string): boolean => /spine_head|sequence|position|pg_type/i.test(statement)
const { options } = (replica.deps.system as Db & { $client: { options: { debug: unknown } } }).$client
options.debug = (_: number, statement: string) => {
  if (!isBeside(statement)) statements += 1
}

const asks: Record<string, { url: string; body: (email: string) => object }> = {
  registrations: {
    url: '/v1/auth/register',
    body: (email) => ({ email, password: newPassword(), name: 'Mallory' }),
  },
  logins: { url: '/v1/auth/login', body: (email) => ({ email, password: newPassword() }) },
  resets: { url: '/v1/auth/password/forgot', body: (email) => ({ email }) },
  'requests for a code': { url: '/v1/auth/email-code', body: (email) => ({ email }) },
}
type Kind = keyof typeof asks
type Seen = { isKnown: boolean; visible: string; tookMs: number }

let networks = 0
/** Each from a network of its own: what is counted by network is another test's. */
const nextNetwork = (): string => `198.${18 + (networks >> 16)}.${(networks >> 8) & 255}.${networks++ & 255}`

/** What is refused for want of room comes again, as clients do; the time is that of the answer that counts. */
async function askOnce(kind: Kind, email: string): Promise<{ answer: Answer; tookMs: number }> {
  const { url, body } = asks[kind] as (typeof asks)[string]
  for (;;) {
    const begun = performance.now()
    const answer = await platform.ask(replica, { url, body: body(email), from: nextNetwork() })
    if (answer.status !== 503) return { answer, tookMs: performance.now() - begun }
  }
}

function visibleOf({ status, body, headers }: Answer): string {
  const shown = { ...body, request_id: '', challenge: '' }
  return JSON.stringify({ status, shown, names: Object.keys(headers).toSorted(), length: headers['content-length'] })
}

async function askMixed(kind: Kind): Promise<Seen[]> {
  const seen: Seen[] = []
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < tries) {
      const turn = next++
      const isKnown = turn % 2 === 0
      const { answer, tookMs } = await askOnce(kind, isKnown ? (known[(turn / 2) % people] ?? '') : newAddress())
      seen.push({ isKnown, visible: visibleOf(answer), tookMs })
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return seen
}

/** The statements of one request after another for such addresses. */
async function statementsFor(kind: Kind, emails: readonly string[]): Promise<number> {
  statements = 0
  for (const email of emails) await askOnce(kind, email)
  return statements
}

const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
const gapOf = (seen: readonly Seen[]): number => {
  const half = (isKnown: boolean) => medianOf(seen.filter((one) => one.isKnown === isKnown).map((one) => one.tookMs))
  return Math.abs(half(true) - half(false))
}

/** People who sign in with the right password meanwhile, until it is over. */
function beginLoad(): () => Promise<void> {
  let isOver = false
  const signIn = async (): Promise<void> => {
    const { email, password } = regular
    while (!isOver) await platform.ask(replica, { url: '/v1/auth/login', body: { email, password } })
  }
  const loops = [signIn(), signIn(), signIn(), signIn()]
  return async () => {
    isOver = true
    await Promise.all(loops)
  }
}

async function compare(when: string): Promise<void> {
  for (const kind of Object.keys(asks))
    await t.test(`${kind}, ${when}`, async (t) => {
      const seen = await askMixed(kind)
      t.same(new Set(seen.map(({ visible }) => visible)).size, 1, 'one answer for every address')
      t.equal(seen.length, tries)
      const gapMs = gapOf(seen)
      t.comment(`${tries} ${kind}, ${when}: medians ${gapMs.toFixed(2)} ms apart`)
      if (isMeasured) t.ok(gapMs < mostApartMs, `medians ${gapMs.toFixed(2)} ms apart`)
    })
}

for (const kind of Object.keys(asks))
  await t.test(`${kind}: as many statements for known as for unknown addresses`, async (t) => {
    const some = known.slice(0, 5)
    const [ofKnown, ofUnknown] = [
      await statementsFor(kind, some),
      await statementsFor(
        kind,
        some.map(() => newAddress()),
      ),
    ]
    t.ok(ofKnown > some.length, 'the database was asked')
    t.equal(ofKnown, ofUnknown)
  })

await compare('quiet')
const endLoad = beginLoad()
await compare('under load')
await endLoad()
