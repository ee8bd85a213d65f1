/**
 * Back-channel logout from the event to a real client over HTTP, through the ledger and Redis. Only what tokens answers
 * is made up.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SessionEnded } from '@gatehouse/contracts/events/tokens/session'
import { startBackground } from '@gatehouse/service-kit/concurrency/background'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Deps } from '../../src/deps.ts'
import { createPipelines } from '../../src/pipelines.ts'
import { openWebhooks } from '../../src/providers/webhooks.ts'
import { notifyLogout } from '../../src/use-cases/logout/notify-logout.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 6)
const tokens = createNeighbour('tokens')
const client = newId('client')

/** What the client was sent, and what it answers: by default that it has signed the person out. */
const received: { type: string | undefined; body: URLSearchParams }[] = []
const answers: number[] = []
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      received.push({
        type: request.headers['content-type'],
        body: new URLSearchParams(Buffer.concat(chunks).toString()),
      })
      response.writeHead(answers.shift() ?? 200).end()
    })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => (server.closeAllConnections(), void server.close()))
const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`

/** Sessions whose client wants to be told; the token is anew for each attempt. */
const wanted = new Set<string>()
let minted = 0
const webhooks = openWebhooks({
  KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  WEBHOOK_ALLOWED_NETWORKS: ['127.0.0.0/8'],
  WEBHOOK_DISABLE_AFTER_SECONDS: 3600,
})
const deps = {
  log,
  clock: systemClock,
  system,
  nats: noNats(),
  feeds: { tokens: tokens.client },
  webhooks,
  clients: {
    tokens: {
      mintLogoutToken: async (sessionId: string) =>
        wanted.has(sessionId) ? { client_id: client, uri, logout_token: `${sessionId}.${++minted}` } : null,
    },
  },
} as unknown as Deps
const running = startBackground(
  createPipelines(deps, {
    WORKERS_PIPELINES: ['logout'],
    REDIS_URL: process.env['REDIS_URL'] ?? '',
    QUEUE_PREFIX: `t${randomBytes(5).toString('hex')}`,
    JOBS_SWEEP_SECONDS: 1,
    AUDIT_CHECKPOINT_SECONDS: 900,
  }),
)
t.teardown(async () => {
  await running.stop()
  await webhooks.sender.close()
})

function end(o: { ofClient: boolean; wants: boolean }): string {
  const sessionId = newId('ses')
  const userId = newId('user')
  if (o.wants) wanted.add(sessionId)
  tokens.announce(SessionEnded, {
    subject: sessionId,
    version: 2,
    data: {
      session_id: sessionId,
      user_id: userId,
      reason: 'logout',
      min_sv: 2,
      ...(o.ofClient && { client_id: client }),
    },
  })
  return sessionId
}
const stateOf = async (sessionId: string): Promise<string | undefined> =>
  rowsOf<{ state: string }>(
    await system.execute(sql`select state from job_ledger where recipient_key = ${sessionId}`),
  )[0]?.state
const settled = (sessionId: string, state: string) =>
  waitUntil(`the job is ${state}`, async () => (await stateOf(sessionId)) === state, 30_000)
const sentFor = (sessionId: string) =>
  received.filter(({ body }) => body.get('logout_token')?.startsWith(`${sessionId}.`) === true)

t.test('each client is told once of its session that ended, by a form with the logout token', async (t) => {
  const sessions = Array.from({ length: 20 }, () => end({ ofClient: true, wants: true }))
  for (const sessionId of sessions) {
    await settled(sessionId, 'done')
    const [sent, ...more] = sentFor(sessionId)
    t.equal(sent?.type, 'application/x-www-form-urlencoded')
    t.same([...(sent?.body.keys() ?? [])], ['logout_token'])
    t.same(more, [])
  }
})

t.test('a client that wants no notice gets none, and the end of a sign-in itself is nobody’s job', async (t) => {
  const unwanted = end({ ofClient: true, wants: false })
  const signIn = end({ ofClient: false, wants: true })
  await settled(unwanted, 'done')
  t.same(sentFor(unwanted), [])
  t.equal(await stateOf(signIn), undefined)
})

t.test('an attempt that fails is made again, each time with a token of its own', async (t) => {
  answers.push(503)
  const sessionId = end({ ofClient: true, wants: true })
  await settled(sessionId, 'done')
  const bodies = sentFor(sessionId).map(({ body }) => body.get('logout_token'))
  t.equal(bodies.length, 2)
  t.equal(new Set(bodies).size, 2)
})

t.test('a client that refuses the token is not asked again; a private address is never reached', async (t) => {
  answers.push(400)
  const sessionId = end({ ofClient: true, wants: true })
  await settled(sessionId, 'dead')
  t.equal(sentFor(sessionId).length, 1)
  const closed = openWebhooks({
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    WEBHOOK_ALLOWED_NETWORKS: [],
    WEBHOOK_DISABLE_AFTER_SECONDS: 3600,
  })
  t.teardown(() => closed.sender.close())
  const another = newId('ses')
  wanted.add(another)
  await t.rejects(
    notifyLogout(
      { clients: deps.clients, webhooks: closed },
      { sessionId: another, signal: AbortSignal.timeout(30_000) },
    ),
    /not on the public Internet/,
  )
  t.same(sentFor(another), [])
})
