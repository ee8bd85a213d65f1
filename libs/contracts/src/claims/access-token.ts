/**
 * The access token every service verifies for itself (RFC 9068: `typ: at+jwt`, ES256, 5 minutes), of a person or of a
 * service account. It says who and for which organization, never what they may do: rights live at the policy decision
 * point.
 */
import Type, { type Static } from 'typebox'
import { ApiKeyId, MembershipId, OrganizationId, ServiceAccountId, SessionId, UserId } from '../common/ids.ts'

const shared = {
  iss: Type.String(),
  aud: Type.String(),
  client_id: Type.String(),
  /** Seconds since the epoch, as RFC 7519 has it. */
  iat: Type.Integer(),
  exp: Type.Integer(),
  auth_time: Type.Integer(),
  jti: Type.String(),
  /** Versions of what the token was minted for and of whom; below a floor the token is void. */
  sv: Type.Integer(),
  uv: Type.Integer(),
  amr: Type.Array(Type.String()),
  acr: Type.String(),
}
const absent = Type.Optional(Type.Never())

/** A person: `sid` is their session; inside an organization also the membership. */
export const PersonClaims = Type.Object({
  ...shared,
  sub: UserId,
  sid: SessionId,
  org_id: Type.Optional(OrganizationId),
  mid: Type.Optional(MembershipId),
  ov: Type.Optional(Type.Integer()),
  mv: Type.Optional(Type.Integer()),
  /** Who acts as the person (RFC 8693 §4.1): an operator, who reads and changes nothing. */
  act: Type.Optional(Type.Object({ sub: UserId })),
  scope: absent,
})
export type PersonClaims = Static<typeof PersonClaims>

/**
 * A service account, always inside one organization: its own, or for an account of the platform the one that the
 * exchange named. `sid` and `sv` are of the API key that was exchanged, `uv` is of the account.
 */
export const ServiceAccountClaims = Type.Object({
  ...shared,
  sub: ServiceAccountId,
  sid: ApiKeyId,
  org_id: OrganizationId,
  ov: Type.Integer(),
  /**
   * The scope of the key: permissions separated by spaces. Nothing beyond them is granted, whatever the account holds;
   * absent: no scope.
   */
  scope: Type.Optional(Type.String()),
  /** The account is the platform's: it asks the policy decision point about the organization, and nothing else. */
  of_platform: Type.Optional(Type.Literal(true)),
  mid: absent,
  mv: absent,
})
export type ServiceAccountClaims = Static<typeof ServiceAccountClaims>

export const AccessTokenClaims = Type.Union([PersonClaims, ServiceAccountClaims])
export type AccessTokenClaims = PersonClaims | ServiceAccountClaims

/** The audience of Gatehouse's own API. */
export const accessTokenAudience = 'gatehouse'

/** How API keys begin, by `GATEHOUSE_ENV`: a key of one environment is no key in another. */
export const apiKeyPrefixes = { production: 'gthk_prod_', development: 'gthk_dev_' } as const
