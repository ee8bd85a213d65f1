/** What a client chooses for itself: pushed requests, the FAPI 2.0 profile, lifetimes, what people are shown of it. */
import { randomUUID, webcrypto } from 'node:crypto'
import { newRsaKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import * as openid from 'openid-client'
import t from 'tap'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  basic,
  callback,
  fetchThrough,
  form,
  proof as pkce,
  registered,
  signedIn,
  tokensFor,
} from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { jwkOf, newKey, proofBy, signedBy, webCryptoPairOf } from '../fixtures/proofs.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const ada = await signedIn(platform, replica)
const post = (url: string, parameters: Record<string, string>, more: { proof?: string; authorization?: string } = {}) =>
  askProtocol(platform, replica, { url, form: form(parameters), ...more })
const errorAt = (answer: { headers: Record<string, unknown> }) =>
  new URL(String(answer.headers['location'])).searchParams.get('error')

const keys = { ec: newKey(), rsa: await newRsaKeyPair(2048) }
const jwks = {
  keys: [
    { ...jwkOf(keys.ec), kid: 'ec' },
    { ...jwkOf(keys.rsa), kid: 'rsa' },
  ],
}
const fapi = { auth_method: 'private_key_jwt', jwks, security_profile: 'fapi2' }
/** `alg` by the key that fits it. */
function credentials(clientId: string, alg: 'ES256' | 'PS256' | 'RS256'): Record<string, string> {
  const [key, kid] = alg === 'ES256' ? [keys.ec, 'ec'] : [keys.rsa, 'rsa']
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat, exp: iat + 60 }
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signedBy(key, { alg, kid }, claims),
  }
}
const requestOf = (challenge: string) => ({
  response_type: 'code',
  redirect_uri: callback,
  scope: 'openid',
  code_challenge: challenge,
  code_challenge_method: 'S256',
})

t.test('a client that pushes its requests has no others', async (t) => {
  const client = await registered(platform, replica, { require_pushed_authorization_requests: true })
  const { challenge } = pkce()
  const direct = await askProtocol(platform, replica, { url: authorizeUrl(client.id, { code_challenge: challenge }) })
  t.equal(errorAt(direct), 'invalid_request')
  const pushed = await post('/oauth2/par', requestOf(challenge), { authorization: basic(client) })
  const { request_uri } = pushed.json() as { request_uri: string }
  const url = `/oauth2/authorize?${form({ client_id: client.id, request_uri })}`
  t.match((await askProtocol(platform, replica, { url })).headers.location, /\/signin\?request=/)
})

t.test('openid-client signs in by the FAPI 2.0 profile', async (t) => {
  const client = await registered(platform, replica, fapi)
  t.match(client, { id_token_signed_response_alg: 'ES256', security_profile: 'fapi2' })
  const key = await webcrypto.subtle.importKey(
    'jwk',
    keys.ec.privateKey.export({ format: 'jwk' }) as webcrypto.JsonWebKey,
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  )
  const metadata = { id_token_signed_response_alg: 'ES256' }
  const by = openid.PrivateKeyJwt({ key, kid: 'ec' })
  const config = await openid.discovery(new URL(issuer), client.id, metadata, by, {
    [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch,
  })
  const DPoP = openid.getDPoPHandle(config, await webCryptoPairOf(newKey()))
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier)
  const url = await openid.buildAuthorizationUrlWithPAR(config, requestOf(challenge), { DPoP })
  const at = await authorize(platform, replica, { url: url.pathname + url.search, token: ada.token })
  const tokens = await openid.authorizationCodeGrant(config, at, { pkceCodeVerifier }, undefined, { DPoP })
  t.equal(tokens.token_type, 'dpop')
  t.equal(tokens.claims()?.sub, ada.id)
})

t.test('the FAPI 2.0 profile takes no request, key or token that is less', async (t) => {
  const client = await registered(platform, replica, fapi)
  const { verifier, challenge } = pkce()
  const direct = await askProtocol(platform, replica, { url: authorizeUrl(client.id, { code_challenge: challenge }) })
  t.equal(errorAt(direct), 'invalid_request', 'pushed or not at all')
  const push = async (alg: 'ES256' | 'PS256' | 'RS256') =>
    await post('/oauth2/par', { ...requestOf(challenge), ...credentials(client.id, alg) })
  t.match((await push('RS256')).json(), { error: 'invalid_client' }, 'no PKCS #1 v1.5')
  t.equal((await push('PS256')).statusCode, 201)
  const { request_uri } = (await push('ES256')).json() as { request_uri: string }
  const url = `/oauth2/authorize?${form({ client_id: client.id, request_uri })}`
  const at = await authorize(platform, replica, { url, token: ada.token })
  const grant = {
    grant_type: 'authorization_code',
    code: at.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: callback,
  }
  const redeem = async (proof?: string) =>
    await post('/oauth2/token', { ...grant, ...credentials(client.id, 'ES256') }, { ...(proof && { proof }) })
  const plain = await redeem()
  t.match(plain.json(), { error: 'invalid_dpop_proof' }, 'no bearer tokens')
  const nonce = String(plain.headers['dpop-nonce'])
  const rsa = proofBy(keys.rsa, { header: { alg: 'RS256' }, claims: { nonce } })
  t.match((await redeem(rsa)).json(), { error: 'invalid_dpop_proof' }, 'nor a proof by PKCS #1 v1.5')
  t.match(
    (await redeem(proofBy(keys.ec, { claims: { nonce } }))).json(),
    { token_type: 'DPoP' },
    'the code was not spent',
  )
  const other = await registered(platform, replica, { auth_method: 'private_key_jwt', jwks })
  t.equal((await post('/oauth2/par', { ...requestOf(challenge), ...credentials(other.id, 'RS256') })).statusCode, 201)
})

t.test(
  '400: what does not go with the profile, pages that are not https, lifetimes beyond the platform’s',
  async (t) => {
    const admin = await signedIn(platform, replica)
    const url = '/v1/platform/oauth-clients'
    const send = (method: 'POST' | 'PATCH', body: object, id = '') =>
      platform.ask(replica, { method, url: url + id, token: admin.token, body })
    const client = await registered(platform, replica)
    for (const [body, path] of [
      [{ security_profile: 'fapi2' }, '/auth_method'],
      [{ ...fapi, id_token_signed_response_alg: 'RS256' }, '/id_token_signed_response_alg'],
      [{ ...fapi, redirect_uris: [callback, 'http://127.0.0.1/cb'] }, '/redirect_uris/1'],
      [{ logo_uri: 'http://app.example/logo.png' }, '/logo_uri'],
      [{ logo_uri: 'data:image/png;base64,AAAA' }, '/logo_uri'],
      [{ policy_uri: 'javascript:alert(1)' }, '/policy_uri'],
      [{ tos_uri: 'com.example.app:/terms' }, '/tos_uri'],
    ] as const) {
      const refused = await send('POST', { name: 'Wiki', redirect_uris: [callback], ...body })
      t.match(refused, { status: 400, body: { code: 'validation_failed', errors: [{ path }] } }, JSON.stringify(body))
    }
    t.match(await send('PATCH', { security_profile: 'fapi2' }, `/${client.id}`), { status: 400 }, 'nor later')
    for (const body of [
      { access_token_lifetime_seconds: 301 },
      { access_token_lifetime_seconds: 59 },
      { session_lifetime_seconds: 7_776_001 },
      { session_lifetime_seconds: 299 },
      { security_profile: 'fapi1' },
    ])
      t.equal((await send('PATCH', body, `/${client.id}`)).status, 400, JSON.stringify(body))
    const pages = { logo_uri: 'https://app.example/logo.png', policy_uri: 'https://app.example/privacy', tos_uri: null }
    t.match(await send('PATCH', pages, `/${client.id}`), { status: 200, body: pages })
  },
)

t.test('tokens and sessions of a client live as long as it chose, and no longer', async (t) => {
  const client = await registered(platform, replica, {
    scopes: ['openid', 'offline_access'],
    access_token_lifetime_seconds: 60,
    session_lifetime_seconds: 300,
  })
  const answer = await tokensFor(platform, replica, { client, token: ada.token, scope: 'openid offline_access' })
  const { exp, iat, sid } = claimsOf(answer['access_token'])
  t.equal(exp - iat, 60)
  t.equal(Number(answer['expires_in']), 60)
  const [row] = await platform.admin<{ seconds: number }[]>`
    select extract(epoch from expires_at - created_at)::int as seconds from sessions where id = ${uuidOf(sid)}`
  t.equal(row?.seconds, 300)
  const refresh = async (token: unknown) => {
    const grant = { grant_type: 'refresh_token', refresh_token: String(token) }
    return (await post('/oauth2/token', grant, { authorization: basic(client) })).json() as Record<string, string>
  }
  const next = await refresh(answer['refresh_token'])
  t.equal(Number(next['expires_in']), 60, 'at a refresh as well')
  await platform.age(sid, 301)
  t.match(await refresh(next['refresh_token']), { error: 'invalid_grant' })
})
