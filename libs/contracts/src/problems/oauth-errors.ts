/**
 * The error codes of OAuth 2.0 and OpenID Connect that are answered, each with its status where it is an answer of its
 * own and no redirect.
 */
export const oauthErrors = {
  /** RFC 6749 §4.1.2.1, §5.2 */
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scope: 400,
  access_denied: 400,
  server_error: 500,
  temporarily_unavailable: 503,
  /** RFC 6750 §3.1 */
  invalid_token: 401,
  insufficient_scope: 403,
  /** RFC 7009 §2.2.1 */
  unsupported_token_type: 400,
  /** OpenID Connect Core §3.1.2.6 */
  login_required: 400,
  interaction_required: 400,
  consent_required: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  /** RFC 9101 §7 */
  invalid_request_uri: 400,
  registration_not_supported: 400,
  /** RFC 9449 §5, §8 */
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  /** RFC 8693 §2.2.2, RFC 8707 §2 */
  invalid_target: 400,
  /** RFC 7591 §3.2.2 */
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  /** RFC 8628 §3.5 */
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
} as const satisfies Record<string, number>

export type OAuthErrorCode = keyof typeof oauthErrors
