/** The environment of authz; the only place that names its variables. */
import { natsConfig, peerConfig, postgresConfig, serviceConfig } from '@gatehouse/service-kit/config/fragments'
import Type, { type Static } from 'typebox'

export const config = Type.Object({
  ...serviceConfig,
  ...postgresConfig,
  ...natsConfig,
  IDENTITY_URL: peerConfig.IDENTITY_URL,
  TOKENS_URL: peerConfig.TOKENS_URL,
  ORGS_URL: peerConfig.ORGS_URL,
})
export type Config = Static<typeof config>
