/** The claims of an access token this process has just signed: there is nothing to verify. */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'

export const claimsIn = (token: string): AccessTokenClaims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as AccessTokenClaims
