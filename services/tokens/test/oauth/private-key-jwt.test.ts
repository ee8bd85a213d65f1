/** Clients that sign assertions instead of keeping a secret (RFC 7523), by `openid-client` and by hand. */
import { randomUUID, webcrypto } from 'node:crypto'
import * as openid from 'openid-client'
import t from 'tap'
import { type KeyPair, newEcKeyPair, newRsaKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { askProtocol, authorize, callback, fetchThrough, form, registered, signedIn } from '../fixtures/openid.ts'
import { issuer, openPlatform } from '../fixtures/platform.ts'
import { jwkOf, signedBy } from '../fixtures/proofs.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const ada = await signedIn(platform, replica)

const withKid = (pair: KeyPair, kid: string) => ({ ...jwkOf(pair), kid })
const keys = { ec: newEcKeyPair(), rsa: await newRsaKeyPair(2048) }
const jwks = { keys: [withKid(keys.ec, 'ec'), withKid(keys.rsa, 'rsa')] }
const client = await registered(platform, replica, { auth_method: 'private_key_jwt', jwks })
const another = await registered(platform, replica, { auth_method: 'private_key_jwt', jwks })
const withSecret = await registered(platform, replica)

const seconds = () => Math.floor(Date.now() / 1000)
const good = (more: object = {}) => ({
  iss: client.id,
  sub: client.id,
  aud: issuer,
  jti: randomUUID(),
  iat: seconds(),
  exp: seconds() + 60,
  ...more,
})

const assertion = (claims: object, header: Record<string, unknown> = {}, by: KeyPair = keys.ec): string =>
  signedBy(by, { alg: 'ES256', kid: 'ec', ...header }, claims)

const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** A code that is none: a client that is believed hears `invalid_grant`. */
const present = async (token: string, more: Record<string, string> = {}, authorization?: string) => {
  const answer = await askProtocol(platform, replica, {
    url: '/oauth2/token',
    authorization,
    form: form({
      grant_type: 'authorization_code',
      code: 'x',
      code_verifier: 'y',
      client_assertion_type: type,
      client_assertion: token,
      ...more,
    }),
  })
  return (answer.json() as { error: string }).error
}

t.test('openid-client signs in with keys of either kind, and no secret is made', async (t) => {
  t.notOk('client_secret' in client)
  t.match(client, { auth_method: 'private_key_jwt', secrets: [] })
  for (const [pair, kid, algorithm] of [
    [keys.ec, 'ec', { name: 'ECDSA', namedCurve: 'P-256' }],
    [keys.rsa, 'rsa', { name: 'RSA-PSS', hash: 'SHA-256' }],
  ] as const) {
    const key = await webcrypto.subtle.importKey(
      'jwk',
      pair.privateKey.export({ format: 'jwk' }) as webcrypto.JsonWebKey,
      algorithm,
      false,
      ['sign'],
    )
    const config = await openid.discovery(new URL(issuer), client.id, {}, openid.PrivateKeyJwt({ key, kid }), {
      [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch,
    })
    const signIn = async (tries: number): Promise<string | undefined> => {
      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const url = await openid.buildAuthorizationUrlWithPAR(config, {
        redirect_uri: callback,
        scope: 'openid',
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      const at = await authorize(platform, replica, { url: url.pathname + url.search, token: ada.token })
      try {
        return (await openid.authorizationCodeGrant(config, at, { pkceCodeVerifier })).claims()?.sub
      } catch (err) {
        // A 503 on a busy machine can hide that the code was exchanged: a client begins anew.
        if (tries === 1) throw err
        return await signIn(tries - 1)
      }
    }
    t.equal(await signIn(4), ada.id, kid)
  }
})

t.test('an assertion of the client, for this issuer, that has not been used is believed', async (t) => {
  for (const token of [
    assertion(good()),
    assertion(good({ aud: [issuer] })),
    assertion(good(), { typ: 'JWT' }),
    assertion(good(), { typ: 'client-authentication+jwt' }),
    assertion(good(), { alg: 'PS256', kid: 'rsa' }, keys.rsa),
    assertion(good(), { alg: 'RS256', kid: 'rsa' }, keys.rsa),
  ])
    t.equal(await present(token), 'invalid_grant')
  t.equal(await present(assertion(good()), { client_id: client.id }), 'invalid_grant')
})

t.test('every other assertion is refused, and all of them alike', async (t) => {
  const { exp: _exp, ...endless } = good()
  const { jti: _jti, ...nameless } = good()
  for (const [what, token] of [
    ['no JWT', 'x'],
    ['two parts', 'a.b'],
    ['no JSON', 'e30.e30.'],
    ['another issuer', assertion(good({ iss: another.id }))],
    ['another subject', assertion(good({ sub: another.id }))],
    ['a client nobody knows', assertion(good({ iss: 'client_x', sub: 'client_x' }))],
    ['a client of NUL', assertion(good({ iss: 'a\u0000b', sub: 'a\u0000b' }))],
    ['an audience of others', assertion(good({ aud: 'https://other.example' }))],
    ['two audiences', assertion(good({ aud: [issuer, 'https://other.example'] }))],
    ['an endpoint as its audience', assertion(good({ aud: `${issuer}/oauth2/token` }))],
    ['expired', assertion(good({ exp: seconds() - 60 }))],
    ['endless', assertion(endless)],
    ['of a day', assertion(good({ exp: seconds() + 86_400 }))],
    ['of the future', assertion(good({ nbf: seconds() + 600 }))],
    ['issued in the future', assertion(good({ iat: seconds() + 600 }))],
    ['without jti', assertion(nameless)],
    ['with a long jti', assertion(good({ jti: 'x'.repeat(201) }))],
    ['of another key', assertion(good(), {}, newEcKeyPair())],
    ['of an unknown kid', assertion(good(), { kid: 'none' })],
    ['of a kid of the other kind', assertion(good(), { kid: 'rsa' })],
    ['with a key of its own', assertion(good(), { jwk: withKid(keys.ec, 'ec') })],
    ['with critical headers', assertion(good(), { crit: ['exp'] })],
    ['an access token', assertion(good(), { typ: 'at+jwt' })],
    [
      'unsigned',
      `${Buffer.from('{"alg":"none","kid":"ec"}').toString('base64url')}.` +
        `${Buffer.from(JSON.stringify(good())).toString('base64url')}.`,
    ],
    ['by HMAC', assertion(good(), { alg: 'HS256' })],
  ] as const)
    t.equal(await present(token), 'invalid_client', what)
  t.equal(await present(assertion(good()), { client_assertion_type: 'x' }), 'invalid_request')
  t.equal(await present(assertion(good()), { client_secret: 'x' }), 'invalid_request')
  t.equal(await present(assertion(good()), {}, 'Basic eDp5'), 'invalid_request')
  t.equal(await present(assertion(good()), { client_id: withSecret.id }), 'invalid_client')
  t.equal(
    await present(assertion(good({ iss: withSecret.id, sub: withSecret.id }))),
    'invalid_client',
    'a client with a secret signs nothing',
  )
})

t.test('an assertion works once under 1,000 concurrent uses', async (t) => {
  const { claimAssertion } = await import('../../src/store/used-assertions.ts')
  const second = await platform.replica()
  const use = { clientId: client.id, hash: Buffer.alloc(32, 7), expiresAt: new Date(Date.now() + 60_000) }
  const won = await Promise.all(
    Array.from({ length: 1000 }, (_, at) => claimAssertion((at % 2 ? replica : second).deps.system, use)),
  )
  t.equal(won.filter(Boolean).length, 1)
  const token = assertion(good())
  t.equal(await present(token), 'invalid_grant')
  t.equal(await present(token), 'invalid_client')
  t.equal(await present(assertion(good())), 'invalid_grant', 'another jti is another assertion')
})

t.test('keys are public, strong enough and told apart; they are changed by the one that goes with them', async (t) => {
  const register = async (more: object) =>
    await platform.ask(replica, {
      method: 'POST',
      url: '/v1/platform/oauth-clients',
      token: ada.token,
      body: { name: 'Wiki', redirect_uris: [callback], auth_method: 'private_key_jwt', ...more },
    })
  const weak = await newRsaKeyPair(1024)
  const curve = newEcKeyPair('P-384')
  for (const [what, more] of [
    ['none', {}],
    ['a private key', { jwks: { keys: [{ ...keys.ec.privateKey.export({ format: 'jwk' }), kid: 'a' }] } }],
    ['a secret key', { jwks: { keys: [{ kty: 'oct', k: 'AAAA', kid: 'a' }] } }],
    ['no kid', { jwks: { keys: [keys.ec.publicKey.export({ format: 'jwk' })] } }],
    ['one kid twice', { jwks: { keys: [withKid(keys.ec, 'a'), withKid(keys.rsa, 'a')] } }],
    ['a weak key', { jwks: { keys: [withKid(weak, 'a')] } }],
    ['another curve', { jwks: { keys: [withKid(curve, 'a')] } }],
    ['no key', { jwks: { keys: [{ kty: 'EC', kid: 'a' }] } }],
    ['keys beside a secret', { auth_method: 'client_secret', jwks }],
  ] as const)
    t.match(await register(more), { status: 400, body: { code: 'validation_failed' } }, what)
  const change = (clientId: string, body: object) =>
    platform.ask(replica, { method: 'PATCH', url: `/v1/platform/oauth-clients/${clientId}`, token: ada.token, body })
  t.equal((await change(withSecret.id, { jwks })).status, 400)
  const next = newEcKeyPair()
  t.match(await change(another.id, { jwks: { keys: [withKid(next, 'next')] } }), { status: 200 })
  const ofAnother = good({ iss: another.id, sub: another.id })
  t.equal(await present(assertion(ofAnother)), 'invalid_client', 'the key before is none any more')
  t.equal(await present(assertion({ ...ofAnother, jti: randomUUID() }, { kid: 'next' }, next)), 'invalid_grant')
  const secret = await platform.ask(replica, {
    method: 'POST',
    url: `/v1/platform/oauth-clients/${client.id}/secrets`,
    token: ada.token,
  })
  t.equal(secret.status, 409)
})
