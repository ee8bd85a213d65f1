// `.data/platform.json`: where everything is and who may sign in, for scripts. It exists only while the platform runs.
import { SERVICES } from '@gatehouse/deploy/services'
import type { DemoRecord } from '../demo/demo-record.ts'
import { replicaNames } from './services.ts'
import type { PlatformFacts } from './environment.ts'
import { gatewayUrl, publicUrl } from './environment.ts'

export type PlatformFile = {
  gateway: string
  /** What people open, and what tokens name as their issuer. */
  issuer: string
  mailbox: string
  /** Where each process of a service answers /livez, /readyz, /startupz and /metrics. */
  management: Record<string, string>
  admin: { email: string; password: string }
  demo?: DemoRecord
  /** Pids by name, kept up to date over restarts: services, servers that are ours, mailbox, and the launcher itself. */
  processes: Record<string, number>
  /** Administrators' URLs. */
  servers: { postgres: string; redis: string; nats: string }
}

export function platformFile(o: {
  facts: PlatformFacts
  mailbox: string
  demo: DemoRecord | undefined
  processes: Record<string, number>
}): PlatformFile {
  const { facts } = o
  const management = Object.fromEntries(
    SERVICES.flatMap((service) => {
      const places = facts.replicas[service]
      return replicaNames(service, places.length).map((name, index) => [
        name,
        `http://127.0.0.1:${places[index]?.managementPort}`,
      ])
    }),
  )
  return {
    gateway: gatewayUrl(facts),
    issuer: publicUrl(facts),
    mailbox: o.mailbox,
    management,
    admin: facts.admin,
    ...(o.demo === undefined ? {} : { demo: o.demo }),
    processes: { ...o.processes, launcher: process.pid },
    servers: { postgres: facts.adminUrl, redis: facts.redisUrl, nats: facts.natsUrl },
  }
}
