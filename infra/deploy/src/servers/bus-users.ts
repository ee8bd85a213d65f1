/**
 * Who may do what on the NATS server of a deployment: one user for each service, which may publish on its own subjects
 * only and read the streams of the services it follows. The administrator is the operator's. What a service says on the
 * bus is also signed: these rules keep others from speaking in its name, the signature keeps readers from believing
 * them.
 */
import { streamOf, subjectsOf } from '@gatehouse/contracts/events/streams'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { SERVICES } from '../services.ts'

export const natsAdministrator = 'gatehouse'

type Rules = { publish: { allow: string[] }; subscribe: { allow: string[] } }
type NatsUser = { user: string; password: string; permissions?: Rules }

/**
 * Whose events each service reads; a service that is not on the bus is absent. Without the right its readers still get
 * everything by their polls, a second later.
 */
const follows: Readonly<Partial<Record<ServiceName, readonly ServiceName[]>>> = {
  gateway: ['identity', 'tokens', 'orgs'],
  identity: [],
  tokens: ['identity', 'orgs'],
  orgs: ['identity'],
  authz: ['identity', 'tokens', 'orgs', 'authz'],
  workers: ['identity', 'tokens', 'orgs', 'authz', 'workers'],
}

/** The services that have a user on the bus. */
export const busUsers: readonly ServiceName[] = SERVICES.filter((service) => service in follows)

const producers: readonly ServiceName[] = ['identity', 'tokens', 'orgs', 'authz', 'workers']

/** Answers come back here and nowhere else, so that no service reads those of another. */
export const inboxOf = (service: string): string => `_INBOX_${service}`

/** The JetStream API of one stream, for a reader: it makes the stream if nobody has, and consumers of its own. */
const readingOf = (producer: ServiceName): string[] => {
  const stream = streamOf(producer)
  return [
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.*`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
    `$JS.ACK.${stream}.>`,
  ]
}
const producingOf = (service: ServiceName): string[] => {
  const stream = streamOf(service)
  return [
    subjectsOf(service),
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.UPDATE.${stream}`,
  ]
}

const rulesOf = (service: ServiceName): Rules => {
  const publish = [
    ...(producers.includes(service) ? producingOf(service) : []),
    ...(follows[service] ?? []).flatMap((producer) => readingOf(producer)),
  ]
  return { publish: { allow: [...new Set(publish)] }, subscribe: { allow: [`${inboxOf(service)}.>`] } }
}

export const natsUserName = (user: string): string => `nats ${user}`

/** `authorization` of nats.conf. JSON is what NATS reads as well. */
export function natsAuthorization(password: (name: string) => string): string {
  const users: NatsUser[] = [
    { user: natsAdministrator, password: password('nats') },
    ...busUsers.map((service) => ({
      user: service,
      password: password(natsUserName(service)),
      permissions: rulesOf(service),
    })),
  ]
  return `authorization: ${JSON.stringify({ users })}`
}

/** The URL of one service on the server at `address` (`host:port`). */
export const natsUrlOf = (address: string, service: ServiceName, password: (name: string) => string): string =>
  `nats://${service}:${password(natsUserName(service))}@${address}`
