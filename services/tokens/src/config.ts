/** The environment of tokens; the only place that names its variables. */
import { natsConfig, peerConfig, postgresConfig, serviceConfig } from '@gatehouse/service-kit/config/fragments'
import { SecretKey, Url } from '@gatehouse/service-kit/config/schema'
import Type, { type Static } from 'typebox'

/** base64url of 32 bytes. */
const keyPattern = '^[A-Za-z0-9_-]{43}=?$'

export const config = Type.Object({
  ...serviceConfig,
  ...postgresConfig,
  ...natsConfig,
  IDENTITY_URL: peerConfig.IDENTITY_URL,
  ORGS_URL: peerConfig.ORGS_URL,
  AUTHZ_URL: peerConfig.AUTHZ_URL,
  KEY_ENCRYPTION_KEY: SecretKey({
    pattern: keyPattern,
    description: 'Encrypts private signing keys at rest: base64url of 32 random bytes.',
  }),
  KEY_ENCRYPTION_KEY_PREVIOUS: Type.Optional(
    SecretKey({
      pattern: keyPattern,
      description:
        'Another key-encryption key, which opens and does not seal: the next one while it is announced, the ' +
        'previous one while ciphertexts name it.',
    }),
  ),
  CLIENT_METADATA_HOSTS: Type.Array(Type.String({ pattern: '^(\\*|[a-z0-9.-]+)$' }), {
    default: [],
    description:
      'Hosts from which documents about clients and their keys are fetched (client id metadata documents, jwks_uri), ' +
      'separated by commas; `*` is every host of the public Internet. Nothing is fetched without any.',
  }),
  CLIENT_METADATA_NETWORKS: Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$' }), {
    default: [],
    description:
      'Networks beside the public Internet where such hosts may be, in CIDR notation, separated by commas; with any, ' +
      'also http:// is accepted. For development.',
  }),
  SIGN_IN_URL: Type.Optional(
    Url({
      description:
        'Where a browser is sent to sign in and to decide what an application asks for; `/signin` at the issuer ' +
        'unless given.',
    }),
  ),
  DEVICE_URL: Type.Optional(
    Url({ description: 'Where a person enters the code that a device shows; `/device` at the issuer unless given.' }),
  ),
})
export type Config = Static<typeof config>
