/**
 * Who may touch which keys of the Redis server of a deployment: one user for each service that has any, with a prefix
 * of its own and no administrative command. The default user is the operator's.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'

/** Patterns of keys, by the services that keep some. BullMQ's are in the hash tag of `QUEUE_PREFIX`. */
const keysOf: Readonly<Partial<Record<ServiceName, string>>> = { gateway: 'gateway:*', workers: '{gatehouse}:*' }

export const redisUserName = (service: string): string => `redis ${service}`

/** `user` lines of redis.conf. INFO is how clients learn that the server is ready. */
export const redisUserLines = (password: (name: string) => string): string[] =>
  Object.entries(keysOf).map(
    ([service, keys]) =>
      `user ${service} on >${password(redisUserName(service))} ~${keys} resetchannels +@all -@admin -@dangerous +info`,
  )

/** The URL of one service on the server at `address` (`host:port`). */
export const redisUrlOf = (address: string, service: ServiceName, password: (name: string) => string): string =>
  `redis://${service}:${password(redisUserName(service))}@${address}/0`
