// Decides, for each of the three servers, where it comes from, and gives back what has to be started. Nothing runs yet
// when this is done, but everything needed to run it is on this machine, so that a later start needs no network.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ProcessSpec } from '../processes/process-spec.ts'
import { findExternal } from './external.ts'
import type { Note } from './find-binary.ts'
import { cacheFolder, isReachableByOthers, sharedFolder } from './folders.ts'
import { findNatsBinary } from './nats-binary.ts'
import { natsSpec, natsUrl } from './nats.ts'
import { freePort } from './ports.ts'
import { findPostgresBinaries } from './postgres-binaries.ts'
import { postgresSpec, postgresUrl } from './postgres.ts'
import { findRedisBinary } from './redis-binary.ts'
import { redisSpec, redisUrl } from './redis.ts'
import type { ServerName } from './versions.ts'

/** One server: its URL, and how to run it unless the operator does. */
export type ServerPlan = {
  name: ServerName
  url: string
  /** Undefined for a server that belongs to the operator. */
  spec?: ProcessSpec
  /** The program, or for PostgreSQL the folder with its programs. */
  binary?: string
}

export type PlanInput = {
  env: NodeJS.ProcessEnv
  /** Existing folder for the servers' data. */
  data: string
  logs: string
  durable: boolean
  password: (server: ServerName) => string
  /** Of the users of the services; the servers of tests have none. */
  passwordOf?: (name: string) => string
  /** Ports of an earlier run, taken again if they are free. */
  ports?: Partial<Record<ServerName, number>>
  note: Note
}

export const planServer: Record<ServerName, (o: PlanInput) => Promise<ServerPlan>> = {
  postgres: async (o) => {
    const external = await findExternal('postgres', o.env)
    if (external !== undefined) return { name: 'postgres', url: external }
    const account = isRoot() ? nobody() : undefined
    const binaries = await findPostgresBinaries({
      env: o.env,
      note: o.note,
      forOthers: account !== undefined,
      copyTo: () => (account === undefined ? cacheFolder(o.env) : sharedFolder()),
    })
    const at = { port: await freePort(o.ports?.postgres), password: o.password('postgres') }
    const data = postgresFolder(o.data, account !== undefined)
    const spec = postgresSpec({
      ...at,
      binaries: binaries.folder,
      data,
      durable: o.durable,
      logFile: join(o.logs, 'postgres.log'),
      account,
    })
    return { name: 'postgres', url: postgresUrl(at), spec, binary: binaries.folder }
  },
  redis: async (o) => {
    const external = await findExternal('redis', o.env)
    if (external !== undefined) return { name: 'redis', url: external }
    const binary = await findRedisBinary({ cache: cacheFolder(o.env), env: o.env, note: o.note })
    const at = { port: await freePort(o.ports?.redis), password: o.password('redis') }
    const spec = redisSpec({
      ...at,
      binary,
      passwordOf: o.passwordOf,
      data: join(o.data, 'redis'),
      durable: o.durable,
      logFile: join(o.logs, 'redis.log'),
    })
    return { name: 'redis', url: redisUrl(at), spec, binary }
  },
  nats: async (o) => {
    const external = await findExternal('nats', o.env)
    if (external !== undefined) return { name: 'nats', url: external }
    const binary = await findNatsBinary({ cache: cacheFolder(o.env), env: o.env, note: o.note })
    const at = { port: await freePort(o.ports?.nats), password: o.password('nats') }
    const folders = { data: join(o.data, 'nats'), logFile: join(o.logs, 'nats.log') }
    const spec = natsSpec({ ...at, ...folders, binary, passwordOf: o.passwordOf })
    return { name: 'nats', url: natsUrl(at), spec, binary }
  },
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function nobody(): { uid: number; gid: number } {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('nobody:'))
    ?.split(':')
  return { uid: Number(fields?.[2] ?? 65534), gid: Number(fields?.[3] ?? 65534) }
}

/**
 * PostgreSQL's data lies beside the other servers' data, unless root runs it as `nobody` from a folder that `nobody`
 * cannot enter: then outside, at a place written down beside the others.
 */
export function postgresFolder(data: string, forOthers: boolean): string {
  const record = join(data, 'postgres.location')
  const recorded = existsSync(record) ? readFileSync(record, 'utf8').trim() : undefined
  // A place that somebody cleaned away is made anew.
  if (recorded !== undefined && existsSync(dirname(recorded))) return recorded
  const inside = join(data, 'postgres')
  if (existsSync(inside) || !forOthers || isReachableByOthers(data)) return inside
  const outside = join(sharedFolder(), `data-${process.hrtime.bigint().toString(36)}`)
  mkdirSync(outside)
  chmodSync(outside, 0o711)
  writeFileSync(record, join(outside, 'postgres'))
  return join(outside, 'postgres')
}
