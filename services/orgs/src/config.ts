/** The environment of orgs; the only place that names its variables. */
import { natsConfig, peerConfig, postgresConfig, serviceConfig } from '@gatehouse/service-kit/config/fragments'
import Type, { type Static } from 'typebox'

export const config = Type.Object({
  ...serviceConfig,
  ...postgresConfig,
  ...natsConfig,
  IDENTITY_URL: peerConfig.IDENTITY_URL,
  TOKENS_URL: peerConfig.TOKENS_URL,
  AUTHZ_URL: peerConfig.AUTHZ_URL,
  INVITATIONS_PER_INVITER: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 100_000,
    description: 'Invitations one person may send at once, and as many again each hour, over all organizations.',
  }),
  INVITATIONS_PER_ORGANIZATION: Type.Integer({
    default: 200,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Invitations an organization may send at once, and as many again each day.',
  }),
  INVITATIONS_PER_ADDRESS: Type.Integer({
    default: 5,
    minimum: 1,
    maximum: 1000,
    description: 'Invitations one address may get at once, and as many again each day, over all organizations.',
  }),
  ACCESS_REQUESTS_PER_PERSON: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 100_000,
    description: 'Access requests one person may send at once, and as many again each day, over all organizations.',
  }),
  ORGANIZATIONS_PER_PERSON: Type.Integer({
    default: 25,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Organizations one person may own, and may create within a day.',
  }),
  DNS_SERVERS: Type.String({
    default: '',
    maxLength: 500,
    pattern: '^([0-9a-fA-F.:\\[\\]]+(,[0-9a-fA-F.:\\[\\]]+)*)?$',
    description:
      'Addresses of the servers that are asked for the records of domains, with or without a port, separated by ' +
      'commas; empty: those of the machine.',
  }),
  ORGANIZATION_DELETION_GRACE_SECONDS: Type.Integer({
    default: 2_592_000,
    minimum: 3600,
    maximum: 31_536_000,
    description: 'How long an owner can take the deletion of an organization back.',
  }),
})
export type Config = Static<typeof config>
