/**
 * The OpenID provider on the running platform: the code flow with a live session beside `oidc-provider` in memory, and
 * how soon everybody knows that a session is over.
 */
import { fileURLToPath } from 'node:url'
import { browserSessionCookie } from '@gatehouse/contracts/http/tokens/browser-sessions'
import { createAsker } from '../load/closed-loop.ts'
import { allowOnce, registerApplication } from '../load/application.ts'
import { beginFlow, codeFlow, type Provider } from '../load/code-flow.ts'
import { atLeast, ratioOf, type PartResult } from '../report/result.ts'
import { rounded } from '../report/statistics.ts'
import { answersOk, freePort, startChild } from '../servers/child.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { startPlatform, type Person, type Platform } from '../servers/platform.ts'
import { measureEndOfSession } from './end-of-session.ts'
import type { Effort } from './part.ts'
import { costColumns, costRow, logIn, measureWork, type Cost } from './platform-work.ts'

const callers = 8
const scope = 'openid profile email'
const algorithms = ['RS256', 'ES256'] as const
type Algorithm = (typeof algorithms)[number]
type Side = (seconds: number) => Promise<Cost>

export async function measureOpenid(effort: Effort, cleanup: Cleanup): Promise<PartResult[]> {
  const platform = await startPlatform(cleanup)
  const endOfSession = await measureEndOfSession(platform, effort, cleanup)
  return [await measureCodeFlow(platform, effort, cleanup), endOfSession]
}

async function measureCodeFlow(platform: Platform, effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const seconds = effort.quick ? 1 : 6
  const rows: { alg: Algorithm; name: string; ours: boolean; run: Side; costs: Cost[] }[] = []
  for (const alg of algorithms)
    rows.push(
      { alg, name: `Gatehouse, ID token ${alg}`, ours: true, run: await ourSide(platform, alg), costs: [] },
      {
        alg,
        name: `oidc-provider, ID token ${alg}`,
        ours: false,
        run: await peerSide(platform, cleanup, alg),
        costs: [],
      },
    )
  for (const { run } of rows) await run(Math.min(seconds, 3))
  for (let round = 1; round <= effort.rounds; round += 1)
    for (const { name, run, costs } of rows) {
      const cost = await run(seconds)
      costs.push(cost)
      effort.note(`round ${round}, ${name}: ${rounded(cost.perSecond)}/s, ${rounded(cost.totalUs)} µs`)
    }
  const of = (alg: Algorithm, ours: boolean) => rows.find((row) => row.alg === alg && row.ours === ours)?.costs ?? []
  const rates = (costs: readonly Cost[]) => costs.map(({ perSecond }) => perSecond)
  const totals = (costs: readonly Cost[]) => costs.map(({ totalUs }) => totalUs)
  const all = rows.flatMap(({ costs }) => costs)
  return {
    part: 'openid',
    title: 'The code flow with a live session: authorize, token, userinfo, CPU µs of every process per flow',
    notes: [
      `${callers} browsers, each signed in, at one application with consent given; PKCE S256, client_secret_basic. ` +
        `Built output, production mode, fsync on.`,
      'oidc-provider keeps everything in memory in one process and its access tokens are opaque; ours are signed, ' +
        'and each flow is a session with its event. Its process is in the column of the gateway.',
    ],
    table: { columns: costColumns, rows: rows.map(({ name, costs }) => costRow(name, costs)) },
    targets: algorithms.flatMap((alg) => [
      atLeast(`${alg}, flows/s to oidc-provider`, ratioOf(rates(of(alg, true)), rates(of(alg, false))), 1),
      atLeast(`${alg}, flows per CPU to oidc-provider`, ratioOf(totals(of(alg, false)), totals(of(alg, true))), 1),
    ]),
    disagreements: all.reduce((sum, { failed }) => sum + failed, 0),
    compared: all.reduce((sum, { count }) => sum + count, 0),
    measured: rows.map(({ name, costs }) => ({ name, costs })),
  }
}

async function ourSide(platform: Platform, alg: Algorithm): Promise<Side> {
  const ask = createAsker(platform.gateway)
  const [owner] = platform.people as [Person]
  const { access_token: token } = await logIn(ask, owner)
  const application = await registerApplication(ask, platform, { id_token_signed_response_alg: alg })
  const provider: Provider = { ask, application, scope, subject: owner.id }
  await allowOnce(provider, token)
  const cookies: string[] = []
  while (cookies.length < callers) {
    const { access_token } = await logIn(ask, owner)
    const bound = await platform.askAs('pages', {
      to: 'tokens',
      path: '/internal/browser-sessions',
      body: { access_token },
    })
    cookies.push(`${browserSessionCookie}=${String(bound['cookie_value'])}`)
  }
  return (seconds) =>
    measureWork(platform, { callers, seconds }, (caller) => codeFlow(provider, cookies[caller] as string))
}

async function peerSide(platform: Platform, cleanup: Cleanup, alg: Algorithm): Promise<Side> {
  const port = await freePort()
  const application = { id: 'wiki', secret: 'b'.repeat(43), callback: 'https://app.example/callback' }
  const origin = `http://localhost:${port}`
  const { pid } = await startChild(cleanup, {
    name: 'oidc-provider',
    command: process.execPath,
    args: [
      '--import',
      'tsx',
      fileURLToPath(new URL('../servers/oidc-provider.ts', import.meta.url)),
      String(port),
      JSON.stringify({ ...application, alg, scope }),
    ],
    env: { ...process.env, NODE_ENV: 'production' },
    isReady: () => answersOk(`${origin}/.well-known/openid-configuration`),
  })
  const provider: Provider = { ask: createAsker(origin), application, scope, subject: 'ada' }
  const cookies: string[] = []
  while (cookies.length < callers) cookies.push(await signInAtPeer(provider))
  const alone = platform.only(pid)
  return (seconds) =>
    measureWork(alone, { callers, seconds }, (caller) => codeFlow(provider, cookies[caller] as string))
}

/** Follows the redirects of a first sign-in; returns the cookies the browser has after it. */
async function signInAtPeer(provider: Provider): Promise<string> {
  const jar = new Map<string, string>()
  const header = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const keep = (cookies: readonly string[]) => {
    for (const cookie of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
  }
  const begun = await beginFlow(provider)
  keep(begun.cookies.split('; '))
  let at = begun.location
  for (let step = 0; step < 3 && !at.href.startsWith(provider.application.callback); step += 1) {
    const answer = await provider.ask('GET', at.pathname + at.search, { headers: { cookie: header() } })
    keep(answer.headers['set-cookie'] ?? [])
    at = new URL(answer.headers.location ?? '/', at)
  }
  if (!at.searchParams.has('code')) throw new Error(`oidc-provider signed nobody in: ${at.href}`)
  return header()
}
