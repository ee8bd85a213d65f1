// An application's side of signing in: three settings, and one OpenID Connect library.
import { URL } from 'node:url'
import * as openid from 'openid-client'

/** Once, at start: everything else is read from the issuer's own description. */
export const connect = ({ issuer, clientId, clientSecret }, options) =>
  openid.discovery(new URL(issuer), clientId, clientSecret, undefined, options)

/** Where to send the browser, and what to keep in its session until it comes back. */
export async function begin(config, { redirectUri, organizationId }) {
  const checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  }
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...(organizationId && { organization_id: organizationId }),
  })
  return { url, checks }
}

/** At the redirect URI: who it is, and for which organization. */
export async function finish(config, { cameBackAt, checks }) {
  const tokens = await openid.authorizationCodeGrant(config, cameBackAt, checks)
  const { sub, org_id: organizationId } = tokens.claims()
  const { name, email } = await openid.fetchUserInfo(config, tokens.access_token, sub)
  return { userId: sub, organizationId, name, email, idToken: tokens.id_token }
}
