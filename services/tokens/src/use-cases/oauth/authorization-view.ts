/** An authorization request as a person is shown it: who asks, for what, and where the browser would go. */
import type { Authorization as AuthorizationOnWire } from '@gatehouse/contracts/http/tokens/authorizations'
import type { OpenAuthorization } from '../../store/oauth-authorizations.ts'

export const authorizationView = ({ authorization, client }: OpenAuthorization): AuthorizationOnWire => ({
  id: authorization.id,
  client: { id: authorization.clientId, name: client.name },
  redirect_host: new URL(authorization.request.redirectUri).host,
  scope: authorization.request.scope,
  organization_id: client.orgId ?? authorization.request.organizationId ?? null,
  expires_at: authorization.expiresAt.toISOString(),
})
