/**
 * The arrows a rendered release must allow, and no others: those of the code, the migrations', the outside's, and name
 * resolution.
 */
import type { CodeArrows } from './arrows-of-code.ts'

type Server = CodeArrows['servers'][number][1]
export type Servers = Record<Server, { port: number; inCluster?: boolean; peers?: unknown[] }>

/** @param o.isOpen whether anybody may reach the gateway; @param o.hasMetrics whether somebody may read /metrics */
export function expectedArrows(
  { calls, servers }: CodeArrows,
  o: { servers: Servers; isOpen: boolean; hasMetrics: boolean },
): { egress: string[]; ingress: string[] } {
  const toServer = (from: string, name: Server): string => {
    const { port, inCluster, peers } = o.servers[name]
    return `${from} -> ${inCluster === true ? name : peers !== undefined && peers.length > 0 ? '?' : '*'}:${port}`
  }
  const everyServer: [string, Server][] = [...servers, ['migrations', 'postgres']]
  const between = calls.map(([from, to]) => `${from} -> ${to}:8080`)
  const services = [...new Set([...calls.flat(), ...servers.map(([from]) => from)])]
  return {
    // Webhooks go to receivers on the public Internet.
    egress: [
      ...new Set([
        '* -> ?:53',
        'workers -> ?:443',
        ...between,
        ...everyServer.map(([from, name]) => toServer(from, name)),
      ]),
    ].sort(),
    ingress: [
      ...between,
      `${o.isOpen ? '*' : '?'} -> gateway:8080`,
      ...(o.hasMetrics ? services.map((service) => `? -> ${service}:9090`) : []),
      ...everyServer.flatMap(([from, name]) => (o.servers[name].inCluster === true ? [toServer(from, name)] : [])),
    ].sort(),
  }
}
