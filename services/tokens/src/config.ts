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
