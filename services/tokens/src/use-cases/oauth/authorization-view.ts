/** An authorization request as a person is shown it: who asks, for what, and where the browser would go. */
import type { Authorization as AuthorizationOnWire } from '@gatehouse/contracts/http/tokens/authorizations'
import type { OpenAuthorization } from '../../store/oauth-authorizations.ts'

/** What a person can recognise: a host or, of an application on the device (RFC 8252 §7.1), its scheme. */
function recognizable(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return host === '' || !/^https?:$/.test(protocol) ? protocol.slice(0, -1) : host
}

/**
 * The same as a source of a content security policy, whose grammar has no addresses of IPv6 (CSP Level 3 §2.3.1): forms
 * of pages may end there, because browsers hold redirects against `form-action`.
 */
export function redirectSource(redirectUri: string): string {
  const { origin, protocol, hostname } = new URL(redirectUri)
  return /^https?:$/.test(protocol) && !hostname.startsWith('[') ? origin : protocol
}

export const authorizationView = ({ authorization, client }: OpenAuthorization): AuthorizationOnWire => ({
  id: authorization.id,
  client: { id: authorization.clientId, name: client.name, policy_uri: client.policyUri, tos_uri: client.tosUri },
  redirect_host: recognizable(authorization.request.redirectUri),
  scope: authorization.request.scope,
  organization_id: client.orgId ?? authorization.request.organizationId ?? null,
  expires_at: authorization.expiresAt.toISOString(),
})
