/**
 * `npm run bench [-- <parts>] [--rounds 3] [--profile <folder>] [--own-node] [--quick]`: measures, compares every
 * answer, prints and writes the tables; the parts are `known` below. Fails on a wrong answer, never on a figure. Peers
 * are installed on the first run; servers are its own and end with it.
 */
import { startTestServers } from '@gatehouse/local/servers/test-servers'
import { installPeers } from './engines/peers.ts'
import { measureDecisions } from './parts/p1-decisions.ts'
import { measureRequests } from './parts/p2-requests.ts'
import { measureGateway } from './parts/p5-gateway.ts'
import { measureImpact } from './parts/impact.ts'
import { measureGrowth } from './parts/p11-growth.ts'
import { measureRelay } from './parts/p9-relay.ts'
import { measureOpenid } from './parts/openid.ts'
import { measureNeighbour } from './parts/neighbour.ts'
import { measureBesideKeycloak } from './parts/keycloak.ts'
import { measurePlatform } from './parts/p7-p13-platform.ts'
import { measurePropagation } from './parts/propagation.ts'
import { measureRefusals } from './parts/refusals.ts'
import type { Effort } from './parts/part.ts'
import type { PartResult } from './report/result.ts'
import { tableOf, targetLines, writeResults } from './report/write-results.ts'
import { createCleanup } from './servers/cleanup.ts'
import { continueOnShippedNode } from './shipped-node.ts'

const onPlatform = ['p7', 'p8', 'p10', 'p12', 'p13', 'p14']
const known = [
  'p1',
  'p2',
  'p3',
  'p4',
  'p5',
  'p6',
  ...onPlatform,
  'p9',
  'p11',
  'propagation',
  'impact',
  'refusals',
  'neighbour',
  'openid',
]
/** Measured only when it is named: what it is beside is fetched by another toolchain. */
const onRequest = ['keycloak']
const args = process.argv.slice(2)
const valueOf = (flag: string): string | undefined => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined)
const named = args.filter((arg, index) => !arg.startsWith('--') && !args[index - 1]?.startsWith('--'))
const unknown = named.find((part) => ![...known, ...onRequest].includes(part))
if (unknown !== undefined) throw new Error(`${unknown} is not one of ${known.join(', ')}`)
const parts = new Set(named.length > 0 ? named : known)
const startedMs = performance.now()
const note = (text: string): void =>
  console.log(`[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(3)} s] ${text}`)
const profileInto = valueOf('--profile')
const effort: Effort = {
  quick: args.includes('--quick'),
  rounds: Number(valueOf('--rounds') ?? 3),
  note,
  ...(profileInto === undefined ? {} : { profileInto }),
}

installPeers(note)
if (!args.includes('--own-node')) await continueOnShippedNode(note)

const cleanup = createCleanup()
const stop = (): void => void cleanup.run().finally(() => process.exit(130))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)

/** Before servers of a part that is over were named in it. */
const outside = { ...process.env }

async function withServers(measure: () => Promise<PartResult[]>): Promise<PartResult[]> {
  const servers = await startTestServers({ env: outside, note })
  cleanup.teardown(servers.stop)
  Object.assign(process.env, servers.env)
  const results = await measure()
  await cleanup.run()
  return results
}

const results: PartResult[] = []
try {
  // First, while nothing that reads a policy has been compiled.
  if (parts.has('refusals')) results.push(measureRefusals(effort))
  if (parts.has('p1')) results.push(await measureDecisions(effort))
  if (['p2', 'p3', 'p4'].some((part) => parts.has(part)))
    results.push(...(await withServers(() => measureRequests(effort, cleanup, parts))))
  if (['p5', 'p6'].some((part) => parts.has(part)))
    results.push(...(await withServers(() => measureGateway(effort, cleanup, parts))))
  if (onPlatform.some((part) => parts.has(part))) results.push(...(await measurePlatform(effort, cleanup)))
  if (parts.has('keycloak')) {
    const result = await measureBesideKeycloak(effort, cleanup)
    if (result !== undefined) results.push(result)
    await cleanup.run()
  }
  if (parts.has('p9')) results.push(...(await withServers(async () => [await measureRelay(effort, cleanup)])))
  if (parts.has('p11')) results.push(...(await withServers(async () => [await measureGrowth(effort, cleanup)])))
  if (parts.has('impact')) results.push(...(await withServers(async () => [await measureImpact(effort, cleanup)])))
  if (parts.has('propagation'))
    results.push(...(await withServers(async () => [await measurePropagation(effort, cleanup)])))
  if (parts.has('neighbour')) {
    results.push(await measureNeighbour(effort, cleanup))
    await cleanup.run()
  }
  if (parts.has('openid')) results.push(...(await measureOpenid(effort, cleanup)))
} finally {
  await cleanup.run()
  if (results.length > 0) writeResults(results, effort.rounds)
}
for (const result of results)
  console.log(`\n${result.part}: ${result.title}\n${tableOf(result.table)}\n${targetLines(result).join('\n')}`)
note('written to bench/results')
process.exit(results.some(({ disagreements }) => disagreements > 0) ? 1 : 0)
