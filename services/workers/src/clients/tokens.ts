/** What workers asks tokens: the token that tells a client of a session that is over. */
import type { Static } from 'typebox'
import { MintLogoutToken } from '@gatehouse/contracts/http/tokens/sessions'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type TokensClient = {
  /** A fresh token for this attempt; null when the client wants none. */
  mintLogoutToken(sessionId: string): Promise<Static<typeof MintLogoutToken.success.body>['logout']>
}

export const createTokensClient = (http: ServiceClient): TokensClient => ({
  mintLogoutToken: async (sessionId) => (await http.call(MintLogoutToken, { params: { session: sessionId } })).logout,
})
