/** Claims of a person's access token, in their organization and without one. */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { newId } from '@gatehouse/service-kit/ids/type-id'

export const [user, org, session, membership] = [newId('user'), newId('org'), newId('ses'), newId('mem')]
export const claims = {
  iss: 'i',
  aud: 'gatehouse',
  sub: user,
  client_id: 'c',
  iat: 1,
  exp: 2,
  auth_time: 1,
  jti: 'j',
  sid: session,
  sv: 3,
  uv: 5,
  amr: [],
  acr: '1',
  org_id: org,
  mid: membership,
  ov: 7,
  mv: 9,
} satisfies AccessTokenClaims
const { org_id: _org, mid: _mid, ov: _ov, mv: _mv, ...rest } = claims
export const withoutOrg = rest
