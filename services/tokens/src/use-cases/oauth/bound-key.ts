/**
 * The key that a client's refresh token is bound to (RFC 9449 §5): a public client's, since a confidential one proves
 * itself at each refresh.
 */
import type { OAuthClient } from '../../store/oauth-clients.ts'

export const boundKeyOf = (o: {
  client: Pick<OAuthClient, 'authMethod'>
  jkt: string | undefined
}): string | undefined => (o.client.authMethod === 'none' ? o.jkt : undefined)
