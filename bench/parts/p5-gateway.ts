/**
 * P5 and P6: the gateway beside HAProxy, each on the same core in turn, in front of the same upstream, which answers a
 * fixed text at once. So it is gateways that are compared and no service: the whole way of a request is P12's. The
 * gateway is the real process, follows the floors of three producers and logs warnings alone; HAProxy checks algorithm,
 * signature and `exp` of each token, and knows nothing of voids.
 */
import { createPublicKey } from 'node:crypto'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { LoadOrder, LoadRequest } from '../load/order.ts'
import { pinning } from '../load/affinity.ts'
import { runLoad, type Load } from '../load/run-load.ts'
import { atLeast, atMost, ratioOf, type PartResult } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { createCredentials, type Credentials } from '../servers/credentials.ts'
import { freePort } from '../servers/child.ts'
import { findHaproxy, startHaproxy } from '../servers/haproxy.ts'
import { startNeighbours } from '../servers/neighbours.ts'
import { createService } from '../servers/service.ts'
import type { Effort } from './part.ts'

const connections = 64
/** Fewer than the gateway keeps, so that in P5 each was seen before, and enough for a round of P6. */
const newTokens = 6_000
/** Of a service whose floors are not followed, so that its place can be taken by the load. */
const path = '/v1/me/activity'
/** What a reader of `GET /v1/me` gets, about. */
const answer = JSON.stringify({
  ok: true,
  id: 'user_01jdzz5c1xf8prb5a4p0t9w3kq',
  email: 'ann@example.com',
  name: 'Ann',
  email_verified: true,
  created_at: '2026-11-01T00:00:00.000Z',
})

type Contender = { readonly name: string; readonly port: number; readonly pid: number; readonly loads: Load[] }

export async function measureGateway(
  effort: Effort,
  cleanup: Cleanup,
  parts: ReadonlySet<string>,
): Promise<PartResult[]> {
  const credentials = createCredentials()
  const setting = { credentials, upstreamPort: await freePort() }
  const contenders = await startContenders(effort, cleanup, setting)
  const results: PartResult[] = []
  for (const part of ['p5', 'p6'].filter((one) => parts.has(one))) {
    const racing = contenders.map((one) => ({ ...one, loads: [] as Load[] }))
    for (const one of racing) await runLoad(orderOf('p5', one, { ...setting, seconds: 2 }), one.pid)
    for (let round = 1; round <= effort.rounds; round += 1)
      for (const one of racing) {
        const load = await runLoad(orderOf(part, one, { ...setting, seconds: 5 }), one.pid)
        one.loads.push(load)
        effort.note(
          `${part.toUpperCase()} round ${round}, ${one.name}: ${rounded(load.perSecond)}/s, ${rounded(load.cpuUs)} µs`,
        )
      }
    results.push(resultOf(part, racing))
  }
  return results
}

type Setting = { readonly credentials: Credentials; readonly upstreamPort: number }

async function startContenders(
  effort: Effort,
  cleanup: Cleanup,
  { credentials, upstreamPort }: Setting,
): Promise<Contender[]> {
  const { url } = await startNeighbours(cleanup, credentials.jwks)
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const env = {
    ...Object.fromEntries(['IDENTITY', 'TOKENS', 'ORGS', 'AUTHZ', 'PAGES'].map((name) => [`${name}_URL`, url])),
    WORKERS_URL: upstream,
    GATEWAY_RATE_LIMIT_PER_MINUTE: '0',
    GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '0',
    GATEWAY_CHECK_LIMIT_PER_MINUTE: '0',
  }
  const gateway = await createService(cleanup, { ...effort, service: 'gateway', credentials, env })
  const own = { name: 'Gatehouse gateway', port: gateway.port, pid: (await gateway.start()).pid, loads: [] }
  const program = await findHaproxy(effort.note)
  if (program === undefined) return [own]
  const peer = await startHaproxy(cleanup, {
    program,
    upstream,
    publicKey: createPublicKey({ key: credentials.jwks.keys[0] as never, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString(),
    token: tokens(credentials, 1)[0] as string,
  })
  return [own, { name: 'HAProxy jwt_verify ES256', ...peer, loads: [] }]
}

const tokens = (credentials: Credentials, count: number): string[] =>
  Array.from({ length: count }, () => credentials.personToken({ userId: newId('user') }))

const orderOf = (
  part: string,
  { port }: Contender,
  { credentials, upstreamPort, seconds }: Setting & { seconds: number },
): LoadOrder => ({
  port,
  connections,
  upstream: { port: upstreamPort, answer },
  ...(part === 'p5' && { seconds }),
  marker: '"ok":',
  yes: 'true',
  requests: tokens(credentials, part === 'p5' ? connections : newTokens).map((token): LoadRequest => ({
    method: 'GET',
    path,
    headers: { authorization: `Bearer ${token}` },
    body: '',
    expected: [true],
  })),
})

function resultOf(part: string, racing: readonly Contender[]): PartResult {
  const [own, peer] = racing as [Contender, Contender | undefined]
  const rates = ({ loads }: Contender) => loads.map(({ perSecond }) => perSecond)
  const cpu = ({ loads }: Contender) => loads.map(({ cpuUs }) => cpuUs)
  const loads = racing.flatMap((one) => one.loads)
  const name = part.toUpperCase()
  const targets =
    peer === undefined
      ? []
      : part === 'p5'
        ? [
            atLeast(`${name}, rate to HAProxy`, ratioOf(rates(own), rates(peer)), 1.5),
            atMost(`${name}, CPU to HAProxy`, ratioOf(cpu(own), cpu(peer)), 0.6),
          ]
        : [atLeast(`${name}, rate to HAProxy`, ratioOf(rates(own), rates(peer)), 0.6)]
  return {
    part: name,
    title:
      `${name}: ${part === 'p5' ? 'a token seen before' : 'every token new'}, through the gateway, ` +
      `${connections} connections`,
    notes: [`${pinning}; the upstream is the load itself.`],
    table: {
      columns: ['', 'requests/s', 'CPU µs', 'p50 µs', 'p99 µs'],
      rows: racing.map((one) => [
        one.name,
        rounded(medianOf(rates(one))),
        rounded(medianOf(cpu(one))),
        rounded(medianOf(one.loads.map(({ latencyUs }) => latencyUs.p50))),
        rounded(medianOf(one.loads.map(({ latencyUs }) => latencyUs.p99))),
      ]),
    },
    targets,
    disagreements: loads.reduce((sum, { wrong }) => sum + wrong, 0),
    compared: loads.reduce((sum, { compared }) => sum + compared, 0),
    measured: racing.map(({ name, loads }) => ({ name, loads })),
  }
}
