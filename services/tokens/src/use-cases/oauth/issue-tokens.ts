/** The token endpoint: one grant after the other, each with the client that may use it. */
import { Token } from '@gatehouse/contracts/http/tokens/openid-provider'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Deps } from '../../deps.ts'
import { deviceCodeGrant, tokenExchangeGrant } from '../../domain/oauth/grant-types.ts'
import { mustProveKey } from '../../domain/oauth/security-profile.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import type { CoalescedRefresh } from '../sessions/coalesce-refreshes.ts'
import { authenticateClient, type PresentedWithProof } from './authenticate-client.ts'
import { clientCredentials } from './client-credentials.ts'
import { exchangeToken } from './exchange-token.ts'
import { badProof, claimPossessionOf, possessionOf } from './prove-possession.ts'
import { redeemCode } from './redeem-code.ts'
import { redeemDeviceCode } from './redeem-device-code.ts'
import { refreshGrant } from './refresh-grant.ts'
import type { TokenAnswer } from './token-answer.ts'

type From = { clientAddress: string | undefined; userAgent: string | undefined }

/** @throws OAuthError; AppError `not_current`, `unavailable` */
export async function issueTokens(
  deps: Deps,
  refresh: CoalescedRefresh,
  { presented, from }: { presented: PresentedWithProof; from: From },
): Promise<TokenAnswer> {
  const { parameters } = presented
  const { clientAddress } = from
  const grantType = parameters.get('grant_type')
  switch (grantType) {
    case 'authorization_code':
      return await redeemCode(deps, { ...(await provenClient(deps, presented)), parameters, clientAddress })
    case 'refresh_token':
      return await refreshGrant(deps, refresh, { ...(await provenClient(deps, presented)), parameters, from })
    case deviceCodeGrant:
      return await redeemDeviceCode(deps, { ...(await provenClient(deps, presented)), parameters, clientAddress })
    case tokenExchangeGrant:
      return await exchangeToken(deps, { ...(await provenClient(deps, presented)), parameters })
    case 'client_credentials':
      return await clientCredentials(deps, presented)
    case undefined:
      throw oauthError('invalid_request', { description: 'grant_type is missing.' })
    default:
      throw oauthError('unsupported_grant_type')
  }
}

/**
 * The client and the key it holds. What is wrong with the proof is said before an assertion of the client is used up.
 */
async function provenClient(
  deps: Deps,
  presented: PresentedWithProof,
): Promise<{ client: OAuthClient; jkt: string | undefined }> {
  const possession = possessionOf(deps, { ...presented, path: Token.path })
  const client = await authenticateClient(deps, presented)
  if (possession !== undefined) await claimPossessionOf(deps, { client, possession })
  if (possession === undefined && mustProveKey(client))
    throw badProof(deps, { internal: 'no proof', isAtResource: false })
  return { client, jkt: possession?.jkt }
}
