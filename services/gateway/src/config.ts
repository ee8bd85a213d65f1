/**
 * The environment of the gateway; the only place that names its variables. It has no database and no key that signs
 * tokens.
 */
import { natsConfig, peerConfig, redisConfig, serviceConfig } from '@gatehouse/service-kit/config/fragments'
import { Url } from '@gatehouse/service-kit/config/schema'
import Type, { type Static } from 'typebox'

const PerMinute = (standard: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 100_000_000, default: standard, description: `${description} 0: no limit.` })
const List = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { default: [], description })

export const config = Type.Object({
  ...serviceConfig,
  ...natsConfig,
  ...redisConfig,
  ...peerConfig,
  PAGES_URL: Url({ description: 'Internal address of pages.' }),
  GATEWAY_RATE_LIMIT_PER_MINUTE: PerMinute(1200, 'Requests one client address may make.'),
  GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: PerMinute(
    30,
    'Requests one client address may make to routes that take a password. Counted apart, as many invitations ' +
      'accepted by one address, wrong API keys tried by one address, and uses of one refresh token.',
  ),
  GATEWAY_CHECK_LIMIT_PER_MINUTE: PerMinute(
    60_000,
    'Permission checks one client address may ask for: whole backends sit behind one. Counted apart, as many ' +
      'refreshes.',
  ),
  GATEWAY_CORS_ORIGINS: List('Origins whose pages may call the API, comma separated; none unless given.'),
  TRUSTED_PROXIES: List(
    'Addresses or CIDR ranges of proxies whose X-Forwarded-For counts, comma separated; none unless given.',
  ),
})
export type Config = Static<typeof config>
