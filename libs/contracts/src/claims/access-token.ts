/**
 * The access token every service verifies for itself (RFC 9068: `typ: at+jwt`, ES256, 5 minutes).
 * It says who and for which organization, never what they may do: rights live at the policy decision point.
 */
import Type, { type Static } from 'typebox'
import { MembershipId, OrganizationId, SessionId, UserId } from '../common/ids.ts'

export const AccessTokenClaims = Type.Object({
  iss: Type.String(),
  aud: Type.String(),
  sub: UserId,
  client_id: Type.String(),
  /** Seconds since the epoch, as RFC 7519 has it. */
  iat: Type.Integer(),
  exp: Type.Integer(),
  auth_time: Type.Integer(),
  jti: Type.String(),
  sid: SessionId,
  /** Versions of the session and the user when the token was minted; below a floor the token is void. */
  sv: Type.Integer(),
  uv: Type.Integer(),
  amr: Type.Array(Type.String()),
  acr: Type.String(),
  org_id: Type.Optional(OrganizationId),
  mid: Type.Optional(MembershipId),
  ov: Type.Optional(Type.Integer()),
  mv: Type.Optional(Type.Integer()),
})
export type AccessTokenClaims = Static<typeof AccessTokenClaims>

/** The audience of Gatehouse's own API. */
export const accessTokenAudience = 'gatehouse'
