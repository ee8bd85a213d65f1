/**
 * The closed list of problem codes: what a caller can be told, its status and its title.
 * A code is a promise to clients: add, never rename. The `type` of a problem is the documentation URL ending in the code.
 */
export const problems = {
  malformed_request: { status: 400, title: 'The request could not be read' },
  validation_failed: { status: 400, title: 'The request does not match its schema' },
  invalid_token: { status: 400, title: 'The link or token is invalid, expired or already used' },
  weak_password: { status: 400, title: 'The password is too easy to guess' },
  invalid_policy: { status: 400, title: 'The policy is not valid' },
  invalid_attribute: { status: 400, title: 'An attribute may not be asserted by the caller' },
  invalid_cursor: { status: 400, title: 'The cursor is not one this list gave out' },
  unauthenticated: { status: 401, title: 'A valid access token is required' },
  token_revoked: { status: 401, title: 'The access token has been revoked' },
  insufficient_user_authentication: { status: 401, title: 'A stronger or more recent sign-in is required' },
  invalid_credentials: { status: 401, title: 'The address or password is wrong' },
  invalid_refresh_token: { status: 401, title: 'The refresh token is not valid' },
  invalid_api_key: { status: 401, title: 'The API key is not valid' },
  forbidden: { status: 403, title: 'This is not allowed' },
  organization_required: { status: 403, title: 'The access token names no organization' },
  person_required: { status: 403, title: 'This is for people: an API key cannot be used here' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'The request conflicts with the present state' },
  impact_above_threshold: { status: 409, title: 'More decisions would turn round than may without confirmation' },
  last_owner: { status: 409, title: 'An organization keeps at least one owner' },
  idempotency_in_progress: { status: 409, title: 'A request with this idempotency key is still running' },
  gone: { status: 410, title: 'This is no longer kept' },
  precondition_failed: { status: 412, title: 'The resource has changed since it was read' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used with another request' },
  evaluation_too_expensive: { status: 422, title: 'The answer would take more steps than one request may' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
  upstream_failed: { status: 503, title: 'A service this depends on is unavailable' },
  not_current: { status: 503, title: 'Not current enough to answer safely' },
  revision_unavailable: { status: 503, title: 'The asked revision has not arrived yet' },
  deadline_exceeded: { status: 503, title: 'The answer took too long' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems
