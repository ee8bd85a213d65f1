// The addresses of Redis and NATS as one service uses them: as a user of its own on the servers that are started here.
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { natsUrlOf } from '@gatehouse/deploy/servers/bus-users'
import { redisUrlOf } from '@gatehouse/deploy/servers/redis-users'
import type { ServerName } from '../servers/versions.ts'

export type ServiceUrls = (service: ServiceName) => { redis: string; nats: string }

/**
 * @param o.ownPorts of the servers that are started here; the others are the operator's, and their URLs are used as
 * they are.
 */
export function serviceUrlsOf(
  {
    urls,
    ownPorts,
  }: Record<'urls', Partial<Record<ServerName, string>>> & {
    ownPorts: Partial<Record<ServerName, number>>
  },
  password: (name: string) => string,
): ServiceUrls {
  const { redis, nats } = ownPorts
  return (service) => ({
    redis: redis === undefined ? (urls.redis ?? '') : redisUrlOf(`127.0.0.1:${redis}`, service, password),
    nats: nats === undefined ? (urls.nats ?? '') : natsUrlOf(`127.0.0.1:${nats}`, service, password),
  })
}
