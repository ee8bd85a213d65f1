/** Tokens bound to a key of their client (RFC 9449), by `openid-client` and by hand. */
import * as openid from 'openid-client'
import t from 'tap'
import { newRsaKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { devices } from '../fixtures/devices.ts'
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
} from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { hashOf, jwkOf, newKey, proofBy, thumbprintOf, webCryptoPairOf } from '../fixtures/proofs.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const ada = await signedIn(platform, replica)
const client = await registered(platform, replica, { auth_method: 'none' })
const confidential = await registered(platform, replica)
const key = newKey()
type Tokens = Record<'access_token' | 'refresh_token' | 'token_type', string>

const nonceOf = (answer: { headers: Record<string, unknown> }) => String(answer.headers['dpop-nonce'])
const freshNonce = async () =>
  nonceOf(
    await askProtocol(platform, replica, {
      url: '/oauth2/token',
      form: form({ client_id: client.id, grant_type: 'refresh_token', refresh_token: 'x' }),
      proof: proofBy(key),
    }),
  )
const post = (parameters: Record<string, string>, proof?: string, authorization?: string) =>
  askProtocol(platform, replica, {
    url: '/oauth2/token',
    form: form({ ...(authorization === undefined && { client_id: client.id }), ...parameters }),
    proof,
    authorization,
  })
const errorOf = (answer: { json(): unknown }) => (answer.json() as { error?: string }).error
const proven = async (o: Parameters<typeof proofBy>[1] = {}, by = key) =>
  proofBy(by, { ...o, claims: { nonce: await freshNonce(), ...o.claims } })

/** The parameters that exchange a code the person has just allowed. */
async function codeOf(clientId: string, more: Record<string, string> = {}): Promise<Record<string, string>> {
  const { verifier, challenge } = pkce()
  const url = authorizeUrl(clientId, { code_challenge: challenge, scope: 'openid offline_access', ...more })
  const code = (await authorize(platform, replica, { url, token: ada.token })).searchParams.get('code') ?? ''
  return { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }
}
async function boundTokens(): Promise<Tokens> {
  const answer = await post(await codeOf(client.id), await proven())
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.body}`)
  return answer.json() as Tokens
}
const userInfo = (authorization: string, proof?: string) =>
  askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization, proof })
const atUserInfo = (token: string, claims: object = {}) => ({
  path: '/oauth2/userinfo',
  claims: { htm: 'GET', ath: hashOf(token), ...claims },
})

t.test('openid-client binds its tokens to a key, by code, refresh, pushed request and at userinfo', async (t) => {
  const config = await openid.discovery(new URL(issuer), client.id, undefined, openid.None(), {
    [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch,
  })
  t.same(config.serverMetadata().dpop_signing_alg_values_supported, ['ES256', 'PS256', 'RS256'])
  const DPoP = openid.getDPoPHandle(config, await webCryptoPairOf(newKey()))
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const url = await openid.buildAuthorizationUrlWithPAR(
    config,
    {
      redirect_uri: callback,
      scope: 'openid profile offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    },
    { DPoP },
  )
  const at = await authorize(platform, replica, { url: url.pathname + url.search, token: ada.token })
  const tokens = await openid.authorizationCodeGrant(config, at, { pkceCodeVerifier }, undefined, { DPoP })
  t.equal(tokens.token_type, 'dpop')
  const { cnf } = claimsOf(tokens.access_token) as { cnf?: { jkt: string } }
  t.match(cnf?.jkt, /^[A-Za-z0-9_-]{43}$/)
  t.equal((await openid.fetchUserInfo(config, tokens.access_token, ada.id, { DPoP }))['name'], 'Ada')
  const refreshed = await openid.refreshTokenGrant(config, String(tokens.refresh_token), {}, { DPoP })
  t.same((claimsOf(refreshed.access_token) as { cnf?: object }).cnf, cnf)
})

t.test('a proof without a nonce of ours, or with an old one, is asked for again, and nothing is spent', async (t) => {
  const parameters = await codeOf(client.id)
  for (const nonce of [undefined, 'x', `${await freshNonce()}x`]) {
    const answer = await post(parameters, proofBy(key, { claims: { nonce } }))
    t.equal(answer.statusCode, 400)
    t.equal(errorOf(answer), 'use_dpop_nonce')
    t.ok(nonceOf(answer).length > 20)
  }
  const good = await post(parameters, await proven())
  t.match(good.json(), { token_type: 'DPoP' })
  t.ok(nonceOf(good).length > 20, 'the next one')
  t.same((claimsOf((good.json() as Tokens).access_token) as { cnf?: object }).cnf, { jkt: thumbprintOf(key) })
})

t.test('every other proof is refused, and spends no code', async (t) => {
  const parameters = await codeOf(client.id)
  const rsa = await newRsaKeyPair(1024)
  const now = Math.floor(Date.now() / 1000)
  const good = await proven()
  const [head = '', payload = ''] = good.split('.')
  const bad: Record<string, string> = {
    'no JWT': 'x',
    'a JWT without a signature': `${head}.${payload}.`,
    'two proofs': `${good}, ${good}`,
    'another typ': await proven({ header: { typ: 'JWT' } }),
    'alg none': await proven({ header: { alg: 'none' } }),
    'an alg of another kind of key': await proven({ header: { alg: 'RS256' } }),
    HS256: await proven({ header: { alg: 'HS256' } }),
    'no key': await proven({ header: { jwk: undefined } }),
    'a list for a key': await proven({ header: { jwk: [jwkOf(key)] } }),
    'a key that is none': await proven({ header: { jwk: { kty: 'EC' } } }),
    'a private key': await proven({ header: { jwk: key.privateKey.export({ format: 'jwk' }) } }),
    'a symmetric key': await proven({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
    'a short key': await proven({ header: { jwk: rsa.publicKey.export({ format: 'jwk' }), alg: 'RS256' } }),
    'signed by another': await proven({ signer: newKey() }),
    'an extension nobody knows': await proven({ header: { crit: ['x'], x: 1 } }),
    'another method': await proven({ claims: { htm: 'GET' } }),
    'the method in another case': await proven({ claims: { htm: 'post' } }),
    'another endpoint': await proven({ path: '/oauth2/userinfo' }),
    'another host': await proven({ claims: { htu: 'https://evil.example/oauth2/token' } }),
    'no address': await proven({ claims: { htu: '/oauth2/token' } }),
    'no jti': await proven({ claims: { jti: undefined } }),
    'a jti that is no text': await proven({ claims: { jti: 1 } }),
    'a long jti': await proven({ claims: { jti: 'x'.repeat(201) } }),
    'made long ago': await proven({ claims: { iat: now - 3600 } }),
    'made in the future': await proven({ claims: { iat: now + 3600 } }),
    'no time': await proven({ claims: { iat: undefined } }),
    'a nonce that is no text': await proven({ claims: { nonce: 1 } }),
  }
  for (const [what, proof] of Object.entries(bad))
    t.equal(errorOf(await post(parameters, proof)), 'invalid_dpop_proof', what)
  const query = await proven({ claims: { htu: `HTTPS://GATEHOUSE.test:443/oauth2/token?a#b` } })
  t.equal((await post(parameters, query)).statusCode, 200, 'an equal address')
})

t.test('a proof works once, however many come at once', async (t) => {
  const proof = await proven()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post({ grant_type: 'authorization_code', code: 'x' }, proof)),
  )
  const errors = answers.map(errorOf).sort()
  t.same(errors, [...Array.from({ length: 19 }, () => 'invalid_dpop_proof'), 'invalid_grant'])
})

t.test('a bound token opens userinfo with a proof for it, and never as a bearer token', async (t) => {
  const { access_token: token } = await boundTokens()
  const asked = await userInfo(`DPoP ${token}`, proofBy(key, atUserInfo(token)))
  t.match(asked, { statusCode: 401 })
  t.equal(errorOf(asked), 'use_dpop_nonce')
  t.match(asked.headers['www-authenticate'], /^DPoP .*error="use_dpop_nonce".*algs="ES256 PS256 RS256"/)
  const nonce = nonceOf(asked)
  const good = proofBy(key, atUserInfo(token, { nonce }))
  t.equal((await userInfo(`DPoP ${token}`, good)).statusCode, 200)
  const unbound = (await post(await codeOf(client.id))).json() as Tokens
  t.equal(unbound.token_type, 'Bearer', 'who proves nothing gets what others get')
  for (const [what, authorization, proof, error] of [
    ['the same proof again', `DPoP ${token}`, good, 'invalid_dpop_proof'],
    ['no proof', `DPoP ${token}`, undefined, 'invalid_dpop_proof'],
    ['as a bearer token', `Bearer ${token}`, undefined, 'invalid_token'],
    ['as a bearer token, proven', `Bearer ${token}`, proofBy(key, atUserInfo(token, { nonce })), 'invalid_token'],
    ['another key', `DPoP ${token}`, proofBy(newKey(), atUserInfo(token, { nonce })), 'invalid_dpop_proof'],
    ['for another token', `DPoP ${token}`, proofBy(key, atUserInfo('x', { nonce })), 'invalid_dpop_proof'],
    ['for no token', `DPoP ${token}`, proofBy(key, atUserInfo(token, { nonce, ath: undefined })), 'invalid_dpop_proof'],
    [
      'an unbound token',
      `DPoP ${unbound.access_token}`,
      proofBy(key, atUserInfo(unbound.access_token, { nonce })),
      'invalid_token',
    ],
  ] as const) {
    const refused = await userInfo(authorization, proof)
    t.match(refused, { statusCode: 401 }, what)
    t.equal(errorOf(refused), error, what)
    t.match(refused.headers['www-authenticate'], /^DPoP /, what)
  }
  const posted = await askProtocol(platform, replica, { url: '/oauth2/userinfo', form: form({ access_token: token }) })
  t.equal(posted.statusCode, 401, 'nor in a form')
  const none = await userInfo('')
  t.match(
    none.headers['www-authenticate'],
    /^Bearer realm="gatehouse", resource_metadata="[^"]+", DPoP realm="gatehouse", algs=/,
  )
})

t.test('the refresh token of a public client is bound to its key, and a thief spoils nothing', async (t) => {
  const { refresh_token: first } = await boundTokens()
  const refresh = (token: string, proof?: string) => post({ grant_type: 'refresh_token', refresh_token: token }, proof)
  for (const proof of [undefined, await proven({}, newKey())])
    t.equal(errorOf(await refresh(first, proof)), 'invalid_grant')
  const second = (await refresh(first, await proven())).json() as Tokens
  t.equal(second.token_type, 'DPoP')
  t.equal(errorOf(await refresh(second.refresh_token)), 'invalid_grant', 'and so is the next one')
  t.equal((await refresh(second.refresh_token, await proven())).statusCode, 200)
})

t.test('a confidential client may change its key at a refresh: it proves itself', async (t) => {
  const authorization = basic(confidential)
  const first = (await post(await codeOf(confidential.id), await proven(), authorization)).json() as Tokens
  const parameters = { grant_type: 'refresh_token', refresh_token: first.refresh_token }
  const other = newKey()
  const second = (await post(parameters, await proven({}, other), authorization)).json() as Tokens
  t.same((claimsOf(second.access_token) as { cnf?: object }).cnf, { jkt: thumbprintOf(other) })
  const shown = await askProtocol(platform, replica, {
    url: '/oauth2/introspect',
    authorization,
    form: form({ token: second.access_token }),
  })
  t.match(shown.json(), { active: true, token_type: 'DPoP', cnf: { jkt: thumbprintOf(other) } })
})

t.test('a code for a key is exchanged by its holder alone (dpop_jkt)', async (t) => {
  const parameters = await codeOf(client.id, { dpop_jkt: thumbprintOf(key) })
  t.equal(errorOf(await post(parameters)), 'invalid_grant')
  t.equal(errorOf(await post(parameters, await proven({}, newKey()))), 'invalid_grant')
  t.equal((await post(parameters, await proven())).statusCode, 200, 'nothing was spoilt by it')
  const malformed = await authorize(platform, replica, {
    url: authorizeUrl(client.id, { code_challenge: pkce().challenge, dpop_jkt: 'x', prompt: 'none' }),
    token: ada.token,
  }).catch((err: unknown) => err)
  t.ok(malformed instanceof Error || (malformed as URL).searchParams.get('error') === 'invalid_request')
  const pushed = await askProtocol(platform, replica, {
    url: '/oauth2/par',
    form: form({
      client_id: client.id,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid',
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
      dpop_jkt: thumbprintOf(newKey()),
    }),
    proof: await proven({ path: '/oauth2/par' }),
  })
  t.equal(errorOf(pushed), 'invalid_dpop_proof', 'a pushed request names the key that proves it')
})

t.test('a client that is registered for bound tokens gets no others, a device neither', async (t) => {
  const flow = devices(platform, replica)
  const strict = await flow.client({ dpop_bound_access_tokens: true })
  const begun = await flow.begin(strict)
  await flow.allow(ada.token, begun.user_code)
  t.equal(errorOf(await flow.poll(strict, begun.device_code)), 'invalid_dpop_proof')
  const answer = await askProtocol(platform, replica, {
    url: '/oauth2/token',
    form: form({
      client_id: strict.id,
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: begun.device_code,
    }),
    proof: await proven(),
  })
  t.match(answer.json(), { token_type: 'DPoP' })
  const { refresh_token: refreshToken } = answer.json() as Tokens
  const unproven = await flow.post(strict, '/oauth2/token', {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })
  t.equal(errorOf(unproven), 'invalid_dpop_proof')
})
