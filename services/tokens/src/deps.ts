/** Opens what tokens depends on and hands it over as one plain object. */
import { apiKeyPrefixes } from '@gatehouse/contracts/claims/access-token'
import { createJwksSource } from '@gatehouse/access/tokens/jwks-source'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { check } from '@gatehouse/service-kit/health/checks'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { createEnvelope, parseKey, type Envelope } from '@gatehouse/service-kit/secrets/envelope'
import type { Projection } from '@gatehouse/spine/follow/projection'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import { openService, type Service } from '@gatehouse/spine/open-service'
import { createAuthzClient, type AuthzClient } from './clients/authz.ts'
import { createIdentityClient, type IdentityClient } from './clients/identity.ts'
import type { Config } from './config.ts'
import { createKeyRing, type KeyRing } from './crypto/key-ring.ts'
import { type ClientDocuments, createClientDocuments } from './providers/client-documents.ts'
import { followIdentity, followOrgs } from './events/projections.ts'
import { listSigningKeys } from './store/signing-keys.ts'

export type Deps = Service<'identity' | 'orgs' | 'authz'> & {
  clients: { authz: AuthzClient; identity: IdentityClient }
  /** What tokens knows of people, and of organizations and memberships, with proof of how current it is. */
  following: { identity: Projection; orgs: Projection }
  /** How the API keys of this environment begin. */
  apiKeyPrefix: string
  keyRing: KeyRing
  /** Where a browser goes to sign in and to decide about an authorization request. */
  signInUrl: string
  /** Where a person enters the code of a device. */
  deviceUrl: string
  envelope: Envelope
  /** What clients keep on the web. */
  clientDocuments: ClientDocuments
}

/** Neighbours as tokens asks them. */
export type Neighbours = { identity: SpineClient & IdentityClient; orgs: SpineClient; authz: AuthzClient }

/** `neighbours` is given when they are not asked over HTTP. */
export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }, neighbours?: Neighbours): Deps {
  const { clock } = runtime
  const envelope = createEnvelope({ keys: keyEncryptionKeys(config) })
  const keyRing = createKeyRing(envelope)
  const service = openService({
    service: 'tokens',
    peers: ['identity', 'orgs', 'authz'],
    config,
    runtime,
    jwks: createJwksSource(async () => {
      keyRing.fill((await listSigningKeys(service.system)).keys)
      return keyRing.jwks(clock.now())
    }),
    feeds: neighbours && { identity: neighbours.identity, orgs: neighbours.orgs },
  })
  const clientDocuments = createClientDocuments({
    hosts: config.CLIENT_METADATA_HOSTS,
    networks: config.CLIENT_METADATA_NETWORKS,
  })
  const following = {
    identity: followIdentity({ ...service, client: service.feeds.identity }),
    orgs: followOrgs({ ...service, client: service.feeds.orgs }),
  }
  return {
    ...service,
    clients: {
      authz: neighbours?.authz ?? createAuthzClient(service.peers.authz),
      identity: neighbours?.identity ?? createIdentityClient(service.peers.identity),
    },
    following,
    apiKeyPrefix: apiKeyPrefixes[config.GATEHOUSE_ENV],
    keyRing,
    signInUrl: config.SIGN_IN_URL ?? `${config.GATEHOUSE_ISSUER}/signin`,
    deviceUrl: config.DEVICE_URL ?? `${config.GATEHOUSE_ISSUER}/device`,
    envelope,
    clientDocuments,
    close: async () => {
      await clientDocuments.close()
      await service.close()
    },
    ready: () =>
      service.ready([
        check('signing_key', () => keyRing.canSign(clock.now())),
        check('identity_projection', following.identity.ready),
        check('orgs_projection', following.orgs.ready),
      ]),
  }
}

const keyEncryptionKeys = (config: Config): Buffer[] =>
  [config.KEY_ENCRYPTION_KEY, config.KEY_ENCRYPTION_KEY_PREVIOUS].filter((key) => key !== undefined).map(parseKey)
