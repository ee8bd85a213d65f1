/**
 * The protected resources of the provider (RFC 9728 §2): its own API, and the userinfo endpoint. A resource is named by
 * its address; the token of the one does not open the other.
 */
import { GetUserInfoMetadata } from '@gatehouse/contracts/http/tokens/openid-provider'
import { assertionAlgs } from '../../crypto/client-keys.ts'
import type { Deps } from '../../deps.ts'
import { userInfoPath } from '../../domain/oauth/client-tokens.ts'

type Issuer = Pick<Deps, 'issuer'>

export const resourcesOf = ({ issuer }: Issuer): string[] => [issuer, issuer + userInfoPath]

export const describeApi = ({ issuer }: Issuer): object => ({
  resource: issuer,
  authorization_servers: [issuer],
  bearer_methods_supported: ['header'],
  resource_name: 'Gatehouse',
  resource_documentation: `${issuer}/docs`,
})

export const describeUserInfo = ({ issuer }: Issuer): object => ({
  resource: issuer + userInfoPath,
  authorization_servers: [issuer],
  scopes_supported: ['openid', 'profile', 'email', 'roles'],
  bearer_methods_supported: ['header', 'body'],
  dpop_signing_alg_values_supported: [...assertionAlgs],
  resource_name: 'Gatehouse userinfo',
})

/** RFC 9728 §5.1: a challenge says where its resource is described. */
export const userInfoMetadataParameter = ({ issuer }: Issuer): string =>
  `resource_metadata="${issuer}${GetUserInfoMetadata.path}"`
