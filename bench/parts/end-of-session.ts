/**
 * How soon everybody knows that a session is over: the gateway refuses its token, the application hears of it by
 * back-channel logout, and the application's refresh token gives nothing.
 */
import { createServer } from 'node:http'
import { allowOnce, registerApplication } from '../load/application.ts'
import { createAsker, type Ask } from '../load/closed-loop.ts'
import type { Provider } from '../load/code-flow.ts'
import { type PartResult, type Target } from '../report/result.ts'
import { quantileOf, rounded } from '../report/statistics.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import type { Person, Platform } from '../servers/platform.ts'
import type { Effort } from './part.ts'
import { logIn } from './platform-work.ts'

const lanes = 2
const patienceMs = 30_000
const wantedMs = { gateway: 50, logout: 1000 }

type Sample = { gatewayMs: number; logoutMs: number; refreshRefused: boolean }

export async function measureEndOfSession(platform: Platform, effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const ask = createAsker(platform.gateway)
  const receiver = await startReceiver(cleanup)
  const application = await registerApplication(ask, platform, { backchannel_logout_uri: receiver.uri })
  const provider: Provider = { ask, application, scope: 'openid offline_access', subject: '' }
  const samples: Sample[] = []
  const wanted = effort.quick ? 10 : 200
  while (samples.length < wanted) samples.push(await endOne({ platform, provider, receiver }, samples.length))
  const of = (what: 'gatewayMs' | 'logoutMs') => samples.map((sample) => sample[what])
  const row = (name: string, values: readonly number[]) => [
    name,
    ...[0.5, 0.99, 1].map((q) => rounded(quantileOf(values, q))),
  ]
  const wrong = samples.filter(({ logoutMs, refreshRefused }) => !Number.isFinite(logoutMs) || !refreshRefused).length
  effort.note(`${samples.length} sessions ended, p99 of logout ${rounded(quantileOf(of('logoutMs'), 0.99))} ms`)
  return {
    part: 'logout',
    title: 'From the end of a session to those who have to know, ms',
    rounds: 1,
    notes: [
      `${samples.length} sessions of people, each with one application, ended by DELETE /v1/me/sessions/{session}. ` +
        `The refresh token of the application was refused with the first request after the answer.`,
      `The gateway: from the answer to the last accepted use, ${lanes} connections without pause; 0 when none was ` +
        `accepted after it. Back-channel logout: from the request to the application’s receiver on this machine.`,
    ],
    table: {
      columns: ['', 'p50', 'p99', 'max'],
      rows: [row('the gateway still accepts', of('gatewayMs')), row('back-channel logout received', of('logoutMs'))],
    },
    targets: [
      within('the gateway still accepts, p99', quantileOf(of('gatewayMs'), 0.99), wantedMs.gateway),
      within('back-channel logout received, p99', quantileOf(of('logoutMs'), 0.99), wantedMs.logout),
    ],
    disagreements: wrong,
    compared: samples.length,
    measured: samples,
  }
}

const within = (name: string, ms: number, most: number): Target => ({
  text: `${name}: ${rounded(ms)} ms, wanted ≤ ${most} ms`,
  met: ms <= most,
})

type Receiver = { readonly uri: string; heardOf(sid: string): Promise<number> }

async function endOne(o: { platform: Platform; provider: Provider; receiver: Receiver }, n: number): Promise<Sample> {
  const { ask } = o.provider
  const person = o.platform.people[n % o.platform.people.length] as Person
  const { access_token: token } = await logIn(ask, person)
  const client = await allowOnce(o.provider, token)
  const heard = o.receiver.heardOf(claimOf(client.id_token, 'sid'))
  const last = { acceptedMs: -Infinity }
  const uses = Array.from({ length: lanes }, () => useUntilRefused(ask, token, last))
  const beganMs = performance.now()
  const ended = await ask('DELETE', `/v1/me/sessions/${claimOf(token, 'sid')}`, { token })
  const acknowledgedMs = performance.now()
  if (ended.status !== 204) throw new Error(`ending the session answered ${ended.status}: ${ended.body}`)
  const { id, secret } = o.provider.application
  const refresh = await ask('POST', '/oauth2/token', {
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    form: { grant_type: 'refresh_token', refresh_token: client.refresh_token ?? '' },
  })
  await Promise.all(uses)
  return {
    gatewayMs: Math.max(0, last.acceptedMs - acknowledgedMs),
    logoutMs: (await heard) - beganMs,
    refreshRefused: refresh.status === 400 && refresh.body.includes('invalid_grant'),
  }
}

async function useUntilRefused(ask: Ask, token: string, last: { acceptedMs: number }): Promise<void> {
  for (;;) {
    const sentMs = performance.now()
    const { status } = await ask('GET', '/v1/me/sessions?limit=1', { token })
    if (status === 401) return
    if (status === 200) last.acceptedMs = Math.max(last.acceptedMs, sentMs)
  }
}

/** The application's end of the back channel: when each session's logout token arrived; never is Infinity. */
async function startReceiver(cleanup: Cleanup): Promise<Receiver> {
  const heard = new Map<string, (atMs: number) => void>()
  const server = createServer((request, response) => {
    const atMs = performance.now()
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.once('end', () => {
      const token = new URLSearchParams(Buffer.concat(pieces).toString()).get('logout_token') ?? ''
      heard.get(claimOf(token, 'sid'))?.(atMs)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.teardown(() => server.close())
  const at = server.address()
  return {
    uri: `http://127.0.0.1:${typeof at === 'object' ? at?.port : ''}/logout`,
    heardOf: (sid) =>
      new Promise((resolve) => {
        const late = setTimeout(() => resolve(Infinity), patienceMs)
        heard.set(sid, (atMs) => (clearTimeout(late), resolve(atMs)))
      }),
  }
}

function claimOf(token: string, name: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
  return String(claims[name])
}
