/** The token endpoint: one grant after the other, each with the client that may use it. */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Deps } from '../../deps.ts'
import { deviceCodeGrant } from '../../domain/oauth/grant-types.ts'
import type { CoalescedRefresh } from '../sessions/coalesce-refreshes.ts'
import { authenticateClient, type Presented } from './authenticate-client.ts'
import { clientCredentials } from './client-credentials.ts'
import { redeemCode } from './redeem-code.ts'
import { redeemDeviceCode } from './redeem-device-code.ts'
import { refreshGrant } from './refresh-grant.ts'
import type { TokenAnswer } from './token-answer.ts'

type From = { clientAddress: string | undefined; userAgent: string | undefined }

/** @throws OAuthError; AppError `not_current`, `unavailable` */
export async function issueTokens(
  deps: Deps,
  refresh: CoalescedRefresh,
  { presented, from }: { presented: Presented; from: From },
): Promise<TokenAnswer> {
  const { parameters } = presented
  const grantType = parameters.get('grant_type')
  switch (grantType) {
    case 'authorization_code': {
      const client = await authenticateClient(deps, presented)
      return await redeemCode(deps, { client, parameters, clientAddress: from.clientAddress })
    }
    case 'refresh_token': {
      const client = await authenticateClient(deps, presented)
      return await refreshGrant(deps, refresh, { client, parameters, from })
    }
    case deviceCodeGrant: {
      const client = await authenticateClient(deps, presented)
      return await redeemDeviceCode(deps, { client, parameters, clientAddress: from.clientAddress })
    }
    case 'client_credentials':
      return await clientCredentials(deps, presented)
    case undefined:
      throw oauthError('invalid_request', { description: 'grant_type is missing.' })
    default:
      throw oauthError('unsupported_grant_type')
  }
}
