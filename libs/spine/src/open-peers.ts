/**
 * What every service opens towards its neighbours, without a database: the bus, its own keys, a client and a feed for
 * each peer, and the verifiers of who calls. Nothing here waits for anybody: services may start in any order.
 */
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { GetInternalJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { createServiceClient, type ServiceClient } from '@gatehouse/access/call/service-client'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { AssertionSigner, AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { createJwksSource, type JwksSource } from '@gatehouse/access/tokens/jwks-source'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { createSpineClient, type SpineClient } from './follow/spine-client.ts'
import { loadEventKeys } from './nats/event-signature.ts'
import { connectNats, type NatsLink } from './nats/connection.ts'

/**
 * Who is followed or asked with an assertion. `pages` has nothing to follow, and only the gateway passes requests on to
 * it.
 */
export type PeerName = Exclude<ServiceName, 'gateway' | 'pages'>

export type PeerSettings<P extends PeerName> = Readonly<Record<`${Uppercase<P>}_URL`, string>> & {
  readonly GATEHOUSE_ISSUER: string
  readonly SERVICE_PRIVATE_KEY: string
  readonly SERVICE_JWKS: string
  readonly NATS_URL: string
}

export type Peers<P extends PeerName> = {
  log: Logger
  clock: Clock
  /** Public address of the platform. */
  issuer: string
  nats: NatsLink
  /** Calls to each neighbour, under this service's assertion. */
  peers: Readonly<Record<P, ServiceClient>>
  /** What each neighbour announces, asked over HTTP. */
  feeds: Readonly<Record<P, SpineClient>>
  signer: AssertionSigner
  assertions: AssertionVerifier
  /** The public keys of access tokens. */
  jwks: JwksSource
  accessTokens: AccessTokenVerifier
  close(): Promise<void>
}

export type OpenPeersOptions<P extends PeerName> = {
  service: ServiceName
  peers: readonly P[]
  config: PeerSettings<P>
  runtime: { log: Logger; clock: Clock }
  /** Where the public keys of access tokens come from; asked of tokens, which is then one of `peers`, when absent. */
  jwks?: JwksSource | undefined
  /** Feeds that are asked in process instead. */
  feeds?: Partial<Record<P, SpineClient>> | undefined
}

/**
 * A key that was voided is gone from every service within this time; the gateway, which learns it from the feed,
 * refuses it at once. After an emergency rotation a token of the new key costs one fetch. Tokens reach a service
 * through the gateway alone, so nobody can make it ask more often.
 */
const keySetLife = { maxAgeMs: 10_000, coolDownMs: 1000 }

export function openPeers<const P extends PeerName>(o: OpenPeersOptions<P>): Peers<P> {
  const { service, config, runtime } = o
  const { log, clock } = runtime
  const { signer, verifier: assertions } = loadServiceKeys(service, config)
  const nats = connectNats({ url: config.NATS_URL, name: service, log, keys: loadEventKeys(config) })
  const peers = byName(o.peers, (target) =>
    createServiceClient({ self: service, target, baseUrl: addressOf(config, target), signer, log }),
  )
  const jwks = o.jwks ?? createJwksSource(askTokens(peers), { clock, ...keySetLife })
  return {
    log,
    clock,
    issuer: config.GATEHOUSE_ISSUER,
    nats,
    peers,
    feeds: { ...byName(o.peers, (name) => createSpineClient(peers[name])), ...o.feeds },
    signer,
    assertions,
    jwks,
    accessTokens: createAccessTokenVerifier({
      issuer: config.GATEHOUSE_ISSUER,
      audience: accessTokenAudience,
      jwks,
      clock,
    }),
    close: async () => {
      const clients: ServiceClient[] = Object.values(peers)
      await Promise.allSettled([nats.close(), ...clients.map((client) => client.close())])
    },
  }
}

const byName = <P extends PeerName, T>(names: readonly P[], make: (name: P) => T): Readonly<Record<P, T>> =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Record<P, T>

const addressOf = <P extends PeerName>(config: PeerSettings<P>, name: P): string =>
  config[`${name.toUpperCase() as Uppercase<P>}_URL`]

/** A key set is small and is waited for by a request, so it is given less time than other calls. */
function askTokens(peers: Readonly<Partial<Record<PeerName, ServiceClient>>>) {
  const { tokens } = peers
  if (tokens === undefined)
    throw new Error('The keys of access tokens are asked of tokens, which is not among the peers')
  return () => tokens.call(GetInternalJwks, { timeoutMs: 1000 })
}
