/**
 * The environment of pages; the only place that names its variables. It has no database, no bus and no key that signs
 * tokens.
 */
import { emailCodes, peerConfig, serviceConfig } from '@gatehouse/service-kit/config/fragments'
import { SecretKey, Url } from '@gatehouse/service-kit/config/schema'
import Type, { type Static } from 'typebox'

export const config = Type.Object({
  ...serviceConfig,
  IDENTITY_URL: peerConfig.IDENTITY_URL,
  TOKENS_URL: peerConfig.TOKENS_URL,
  ORGS_URL: peerConfig.ORGS_URL,
  AUTHZ_URL: peerConfig.AUTHZ_URL,
  WORKERS_URL: peerConfig.WORKERS_URL,
  IDENTITY_EMAIL_CODES: emailCodes,
  PUBLIC_URL: Url({
    description: 'Where people reach the platform; forms are taken from this origin and the issuer’s.',
  }),
  PAGES_COOKIE_KEY: SecretKey({
    pattern: '^[A-Za-z0-9_-]{43}=?$',
    description: 'Seals what the pages keep in cookies and binds forms to a browser: base64url of 32 random bytes.',
  }),
})
export type Config = Static<typeof config>
