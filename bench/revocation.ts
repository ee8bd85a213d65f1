/**
 * How long an ended session is still accepted: from the acknowledgement (204) to the last accepted use at the gateway.
 * Run it beside `npm start`: `node --import tsx bench/revocation.ts [rounds] [--without-nats]`. Uses are sent without
 * pause on several connections; one counts as accepted at the moment it was sent. `--without-nats` hangs the private
 * NATS server (SIGSTOP) for the time of the run, so only the poll can carry the news.
 */
import { createApi, type Api } from '../tests/platform/client.ts'
import { signIn } from '../tests/platform/people.ts'
import { readPlatformFile } from '../tests/platform/platform-file.ts'

const lanes = 4
const platform = readPlatformFile()
const api = createApi(platform)
const rounds = Number(process.argv[2] ?? 200)
const withoutNats = process.argv.includes('--without-nats')
const [owner] = platform.demo.users
if (!owner) throw new Error('the demo has no users')

/** Milliseconds from the acknowledgement to the last accepted use; 0 when none was. */
const lastAcceptedUse = async (client: Api, keeper: string): Promise<number> => {
  const victim = await signIn(client, owner)
  let lastAccepted = -Infinity
  let refusedLanes = 0
  const use = async (): Promise<void> => {
    for (;;) {
      const sent = performance.now()
      const { status } = await client.call('GET', '/v1/me/sessions?limit=1', { token: victim.access })
      if (status === 401) break
      if (status === 429)
        throw new Error(
          'The gateway limits the rate: start the platform with GATEWAY_RATE_LIMIT_PER_MINUTE=1000000 ' +
            'GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE=100000',
        )
      if (status === 200) lastAccepted = Math.max(lastAccepted, sent)
    }
    refusedLanes += 1
  }
  const uses = Array.from({ length: lanes }, use)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const ended = await client.call('DELETE', `/v1/me/sessions/${victim.session}`, { token: keeper })
  const acknowledged = performance.now()
  if (ended.status !== 204) throw new Error(`ending the session answered ${ended.status}`)
  await Promise.all(uses)
  return refusedLanes === lanes ? Math.max(0, lastAccepted - acknowledged) : Infinity
}

const quantile = (sorted: number[], q: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(1)

const nats = platform.processes['nats']
const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => {
  if (!withoutNats) return
  if (nats === undefined) throw new Error('NATS is not a process of this platform')
  process.kill(nats, name)
}
process.once('exit', () => signal('SIGCONT'))

const { access } = await signIn(api, owner)
signal('SIGSTOP')
const delays: number[] = []
for (let round = 0; round < rounds; round += 1) delays.push(await lastAcceptedUse(api, access))
delays.sort((a, b) => a - b)
console.log(
  JSON.stringify({
    rounds,
    nats: withoutNats ? 'hung' : 'up',
    accepted_after_204_ms: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: quantile(delays, 1) },
  }),
)
