/**
 * Who speaks to whom, read from the sources themselves: a service that names a neighbour among its `peers`, or uses a
 * server's URL outside its `config.ts`, opens that connection; `openService` opens the database and the bus,
 * `openPeers` the bus. Independent of `--print-config`, from which the chart is made.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { SERVICES } from '@gatehouse/deploy/services'

const root = fileURLToPath(new URL('../..', import.meta.url))

const serverUses = {
  postgres: /\bDATABASE_(RUNTIME|SYSTEM)_URL\b|\bopenService\(/,
  redis: /\bREDIS_URL\b/,
  nats: /\bNATS_URL\b|\bopen(Service|Peers)\(/,
  smtp: /\bSMTP_URL\b/,
}

export type CodeArrows = { calls: [ServiceName, ServiceName][]; servers: [ServiceName, keyof typeof serverUses][] }

/** @param read the sources of a service, joined; the repository's unless given */
export function arrowsOfCode(read: (service: ServiceName) => string = sourcesOf): CodeArrows {
  const calls: CodeArrows['calls'] = []
  const servers: CodeArrows['servers'] = []
  for (const service of SERVICES) {
    const text = read(service)
    const peers = [...text.matchAll(/\bpeers: \[([^\]]*)\]/g)].map(([, names]) => names).join()
    for (const peer of SERVICES)
      if (peer !== service && (peers.includes(`'${peer}'`) || new RegExp(`\\b${peer.toUpperCase()}_URL\\b`).test(text)))
        calls.push([service, peer])
    for (const [server, use] of Object.entries(serverUses))
      if (use.test(text)) servers.push([service, server as keyof typeof serverUses])
  }
  return { calls, servers }
}

function sourcesOf(service: ServiceName): string {
  const folder = join(root, 'services', service, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && path !== 'config.ts',
  )
  return files.map((path) => readFileSync(join(folder, path), 'utf8')).join('\n')
}
