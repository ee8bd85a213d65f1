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
  DECISION_LOG_SAMPLE_RATE: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.01,
    description: 'Share of decisions that are recorded, so that drafts of policies can be tried on them; kept 30 days.',
  }),
  POLICY_PUBLISH_IMPACT_THRESHOLD: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description:
      'A draft that would turn round more than this share of the recorded decisions it is about is published only ' +
      'when that is confirmed; 1 publishes everything.',
  }),
})
export type Config = Static<typeof config>
