/**
 * Access tokens and service assertions: only what was meant verifies, whatever an attacker offers in its place (RFC
 * 8725, RFC 9068).
 */
import { createHmac, createPrivateKey, randomUUID, sign, type KeyObject } from 'node:crypto'
import t from 'tap'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { createAccessTokenVerifier } from '../src/tokens/access-token.ts'
import { createAssertionSigner, createAssertionVerifier, generateServiceKey } from '../src/tokens/assertion.ts'
import { isCanonicalBase64url, signEs256 } from '../src/tokens/es256.ts'
import { createJwksSource, type Jwk } from '../src/tokens/jwks-source.ts'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { verifyAccessToken, verifyAssertion } from '@gatehouse/test-kit/verify-token'
import { newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'

const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function key(kid: string): { privateKey: KeyObject; publicKey: KeyObject; jwk: Jwk } {
  const { privateKey, publicKey } = newEcKeyPair()
  return {
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } as Jwk,
  }
}

const es256 = signEs256

const own = key('k1')
const foreign = key('k2')
const startSeconds = 1_800_000_000
const asked = { method: 'POST', path: '/internal/things' }

function fakeClock(): Clock & { advance(seconds: number): void } {
  let seconds = 0
  return {
    now: () => new Date((startSeconds + seconds) * 1000),
    monotonicMs: () => seconds * 1000,
    advance: (by) => void (seconds += by),
  }
}

const claims = {
  iss: 'https://id.example.com',
  aud: 'gatehouse',
  sub: newId('user'),
  client_id: 'web',
  iat: startSeconds,
  exp: startSeconds + 300,
  auth_time: startSeconds,
  jti: randomUUID(),
  sid: newId('ses'),
  sv: 1,
  uv: 1,
  amr: ['pwd'],
  acr: '1',
}

function token(change: { header?: object; claims?: object; signer?: KeyObject } = {}): string {
  const header = base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...change.header })
  const input = `${header}.${base64url({ ...claims, ...change.claims })}`
  return `${input}.${es256(input, change.signer ?? own.privateKey)}`
}

function verifier(clock = fakeClock()) {
  let fetches = 0
  const jwks = createJwksSource(async () => (fetches++, { keys: [own.jwk] }), { clock })
  const made = createAccessTokenVerifier({ issuer: claims.iss, audience: 'gatehouse', jwks, clock, cacheSize: 10 })
  return { clock, fetches: () => fetches, peek: made.peek, verify: (text: string) => verifyAccessToken(made, text) }
}

t.test('a good token verifies, and its claims come back', async (t) => {
  const { verify, peek } = verifier()
  const good = token()
  t.equal(peek(good), undefined, 'nothing is peeked at before it was verified')
  t.match(await verify(good), { kid: 'k1', claims: { sub: claims.sub } })
  t.match(peek(good), { kid: 'k1' })
})

t.test('every forgery is 401', async (t) => {
  const { verify } = verifier()
  const pem = own.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const hs256 = (): string => {
    const input = `${base64url({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${base64url(claims)}`
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
  }
  const unsigned = (alg: string): string => `${base64url({ alg, typ: 'at+jwt', kid: 'k1' })}.${base64url(claims)}.`
  const [header, payload, signature] = token().split('.') as [string, string, string]
  const forgeries: Record<string, string> = {
    'alg none': unsigned('none'),
    'alg nOnE': unsigned('nOnE'),
    'none with a signature': token({ header: { alg: 'none' } }),
    'HS256 keyed with the public key': hs256(),
    'ES256 in the header, HMAC below':
      `${header}.${payload}.` + createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url'),
    'a key of its own in jwk': token({ header: { jwk: foreign.jwk }, signer: foreign.privateKey }),
    jku: token({ header: { jku: 'https://evil.example/jwks' }, signer: foreign.privateKey }),
    x5u: token({ header: { x5u: 'https://evil.example/x5u' } }),
    crit: token({ header: { crit: ['exp'] } }),
    'typ JWT': token({ header: { typ: 'JWT' } }),
    'an ID token (no typ)': token({ header: { typ: undefined } }),
    'no kid': token({ header: { kid: undefined } }),
    'kid of another type': token({ header: { kid: { a: 1 } } }),
    'foreign kid': token({ header: { kid: 'k2' }, signer: foreign.privateKey }),
    'foreign key under our kid': token({ signer: foreign.privateKey }),
    'changed payload': `${header}.${base64url({ ...claims, sub: newId('user') })}.${signature}`,
    'zero signature': `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
    'DER signature':
      `${header}.${payload}.` +
      sign('sha256', Buffer.from(`${header}.${payload}`), own.privateKey).toString('base64url'),
    'wrong issuer': token({ claims: { iss: 'https://evil.example' } }),
    'wrong audience': token({ claims: { aud: 'other' } }),
    'audience list': token({ claims: { aud: ['gatehouse', 'other'] } }),
    expired: token({ claims: { iat: startSeconds - 600, exp: startSeconds - 300 } }),
    'from the future': token({ claims: { iat: startSeconds + 3600, exp: startSeconds + 3900 } }),
    'exp as text': token({ claims: { exp: String(startSeconds + 300) } }),
    'claims that are a list': ((input) => `${input}.${es256(input, own.privateKey)}`)(`${header}.${base64url([1, 2])}`),
    'header that is not JSON': ((input) => `${input}.${es256(input, own.privateKey)}`)(
      `${base64url('nonsense!')}.${payload}`,
    ),
    garbage: 'a.b.c',
    empty: '',
    'four parts': `${token()}.x`,
  }
  for (const claim of ['iss', 'aud', 'exp', 'iat', 'sub', 'client_id', 'jti', 'sid'])
    forgeries[`no ${claim}`] = token({ claims: { [claim]: undefined } })
  for (const [name, forged] of Object.entries(forgeries))
    await t.rejects(verify(forged), { code: 'unauthenticated' }, name)
})

t.test('what an encoder never writes is told without decoding it', async (t) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const isWritten = (text: string): boolean => Buffer.from(text, 'base64url').toString('base64url') === text
  const wrong: string[] = []
  for (const begun of ['', 'A', 'Zq', '_-0', 'eyJh', 'eyJhb'])
    for (const last of alphabet) {
      const text = begun + last
      if (isCanonicalBase64url(text) !== isWritten(text)) wrong.push(text)
    }
  t.same(wrong, [])
})

t.test('a token has one spelling', async (t) => {
  const { verify, peek } = verifier()
  const good = token()
  await verify(good)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(signature.at(-1) ?? '')
  const spellings: Record<string, string> = {}
  for (let low = 1; low < 16; low++)
    spellings[`the last character + ${low}`] = `${header}.${payload}.${signature.slice(0, -1)}${alphabet[last + low]}`
  const bytes = Buffer.from(signature, 'base64url')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const high = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0')
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(high, 'hex')]).toString('base64url')
  spellings['(r, n - s)'] = `${header}.${payload}.${twin}`
  const signed = (head: string, claimed = base64url(claims)): string =>
    `${head}.${claimed}.${es256(`${head}.${claimed}`, own.privateKey)}`
  spellings['a space in the header'] = signed(base64url('{"alg":"ES256", "typ":"at+jwt","kid":"k1"}'))
  spellings['an escape in the header'] = signed(base64url('{"alg":"ES256","typ":"at\\u002bjwt","kid":"k1"}'))
  spellings['a member twice in the header'] = signed(
    base64url('{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k1"}'),
  )
  spellings['the long media type'] = token({ header: { typ: 'application/at+jwt' } })
  spellings['AT+JWT'] = token({ header: { typ: 'AT+JWT' } })
  const padded = base64url(
    `${JSON.stringify(claims)} `.padEnd(JSON.stringify(claims).length + 3 - (JSON.stringify(claims).length % 3) + 1),
  )
  const tail = alphabet.indexOf(padded.at(-1) ?? '')
  spellings['bits at the end of the payload'] = signed(header, `${padded.slice(0, -1)}${alphabet[tail + 1]}`)
  for (const [name, spelt] of Object.entries(spellings)) {
    await t.rejects(verify(spelt), { code: 'unauthenticated' }, name)
    t.equal(peek(spelt), undefined, `${name}: not recalled either`)
  }
  for (let n = 0; n < 20; n++) await verify(token({ claims: { jti: `s${n}` } }))
})

t.test('nbf counts, and no token lives longer than an hour', async (t) => {
  const { verify } = verifier()
  const refused: [string, object][] = [
    ['not valid yet', { nbf: startSeconds + 60 }],
    ['nbf as text', { nbf: String(startSeconds) }],
    ['nbf null', { nbf: null }],
    ['a day', { exp: startSeconds + 86_400 }],
    ['an hour and a second', { exp: startSeconds + 3601 }],
    ['a past that was long', { iat: 1, exp: startSeconds + 300 }],
    ['an end before its beginning', { iat: startSeconds + 3, exp: startSeconds + 2 }],
    ['no number', { exp: Number.MAX_SAFE_INTEGER }],
  ]
  for (const [name, change] of refused)
    await t.rejects(verify(token({ claims: change })), { code: 'unauthenticated' }, name)
  await verify(token({ claims: { nbf: startSeconds } }))
  await verify(token({ claims: { nbf: startSeconds + 4, exp: startSeconds + 3600 } }))
})

t.test('a token seen before is refused once it has expired', async (t) => {
  const { verify, peek, clock } = verifier()
  const good = token()
  await verify(good)
  clock.advance(304)
  t.match(await verify(good), { kid: 'k1' }, 'inside the leeway of 5 s')
  clock.advance(2)
  t.equal(peek(good), undefined)
  await t.rejects(verify(good), { code: 'unauthenticated' })
})

t.test('unknown key ids cost one fetch per cool-down, known keys none', async (t) => {
  const { verify, clock, fetches } = verifier()
  await verify(token())
  t.equal(fetches(), 1)
  for (let n = 0; n < 50; n++) await t.rejects(verify(token({ header: { kid: `x${n}` } })), { code: 'unauthenticated' })
  t.equal(fetches(), 1, 'within the cool-down')
  clock.advance(11)
  await t.rejects(verify(token({ header: { kid: 'x' } })), { code: 'unauthenticated' })
  t.equal(fetches(), 2)
})

t.test('while the issuer is away known keys verify and unknown ones are 503, not 401', async (t) => {
  const clock = fakeClock()
  let isDown = true
  const jwks = createJwksSource(async () => (isDown ? Promise.reject(new Error('down')) : { keys: [own.jwk] }), {
    clock,
  })
  const made = createAccessTokenVerifier({ issuer: claims.iss, audience: 'gatehouse', jwks, clock })
  const verify = (text: string) => verifyAccessToken(made, text)
  await t.rejects(verify(token()), { code: 'unavailable' })
  isDown = false
  await verify(token())
  isDown = true
  t.ok(await verify(token({ claims: { jti: 'another' } })), 'a new token of a known key')
})

t.test('the cache of verified tokens is bounded', async (t) => {
  const { verify, peek } = verifier()
  const tokens = Array.from({ length: 11 }, (_, n) => token({ claims: { jti: `${n}` } }))
  for (const one of tokens) await verify(one)
  t.equal(peek(tokens[0] ?? ''), undefined, 'the oldest went')
  t.ok(peek(tokens[10] ?? ''))
})

t.test('a service assertion proves one caller to one audience for a minute', async (t) => {
  const clock = fakeClock()
  const [orgs, tokens] = [generateServiceKey('orgs'), generateServiceKey('tokens')]
  const pinned = { keys: [orgs.publicJwk, tokens.publicJwk] }
  const signer = createAssertionSigner({ service: 'orgs', privateJwk: orgs.privateJwk, clock })
  const callee = createAssertionVerifier({ service: 'tokens', jwks: pinned, clock })
  const assertion = signer.assertionFor('tokens', asked)

  t.equal(await verifyAssertion(callee, assertion, asked), 'orgs')
  t.equal(signer.assertionFor('tokens', asked), assertion, 'kept for half of its life')
  clock.advance(31)
  t.not(signer.assertionFor('tokens', asked), assertion)
  t.equal(await verifyAssertion(callee, assertion, asked), 'orgs', 'still inside its minute')
  clock.advance(40)
  await t.rejects(
    verifyAssertion(callee, assertion, asked),
    { code: 'unauthenticated' },
    'expired, although seen before',
  )
})

t.test('a service assertion opens the one door it was made for', async (t) => {
  const orgs = generateServiceKey('orgs')
  const signer = createAssertionSigner({ service: 'orgs', privateJwk: orgs.privateJwk })
  const callee = createAssertionVerifier({ service: 'tokens', jwks: { keys: [orgs.publicJwk] } })
  const assertion = signer.assertionFor('tokens', { method: 'POST', path: '/internal/sessions/end?why=1' })
  t.equal(await verifyAssertion(callee, assertion, { method: 'POST', path: '/internal/sessions/end' }), 'orgs')
  t.equal(await verifyAssertion(callee, assertion, { method: 'POST', path: '/internal/sessions/end?why=2' }), 'orgs')
  const elsewhere = [
    { method: 'GET', path: '/internal/sessions/end' },
    { method: 'post', path: '/internal/sessions/end' },
    { method: 'POST', path: '/internal/sessions' },
    { method: 'POST', path: '/internal/sessions/end/' },
    { method: 'POST', path: '/internal/sessions/END' },
    { method: 'POST', path: '/internal//sessions/end' },
    { method: 'POST', path: '/internal/sessions/%65nd' },
    { method: 'POST', path: '' },
  ]
  for (const request of elsewhere)
    await t.rejects(
      verifyAssertion(callee, assertion, request),
      { code: 'unauthenticated' },
      `${request.method} ${request.path}`,
    )
  t.equal(
    await verifyAssertion(callee, assertion, { method: 'POST', path: '/internal/sessions/end' }),
    'orgs',
    'seen before',
  )
  const others = Array.from({ length: 3_000 }, (_, n) =>
    signer.assertionFor('tokens', { method: 'GET', path: `/${n}` }),
  )
  t.equal(new Set(others).size, others.length, 'each path has its own')
})

t.test('an assertion is recalled once it was verified, for its request alone', async (t) => {
  const orgs = generateServiceKey('orgs')
  const signer = createAssertionSigner({ service: 'orgs', privateJwk: orgs.privateJwk })
  const callee = createAssertionVerifier({ service: 'tokens', jwks: { keys: [orgs.publicJwk] } })
  const assertion = signer.assertionFor('tokens', asked)
  t.equal(callee.peek(assertion, asked), undefined, 'never seen')
  const elsewhere = { ...asked, path: '/internal/others' }
  await t.rejects(verifyAssertion(callee, assertion, elsewhere), { code: 'unauthenticated' }, 'first seen elsewhere')
  await verifyAssertion(callee, assertion, asked)
  t.equal(callee.peek(assertion, asked), 'orgs')
  t.throws(() => callee.peek(assertion, elsewhere), { code: 'unauthenticated' })
})

t.test('misused assertions are 401', async (t) => {
  const clock = fakeClock()
  const [orgs, tokens, stranger] = [
    generateServiceKey('orgs'),
    generateServiceKey('tokens'),
    generateServiceKey('orgs'),
  ]
  const callee = createAssertionVerifier({
    service: 'tokens',
    jwks: { keys: [orgs.publicJwk, tokens.publicJwk] },
    clock,
  })
  const refused = (assertion: string, why: string) =>
    t.rejects(verifyAssertion(callee, assertion, asked), { code: 'unauthenticated' }, why)
  const made = (service: 'orgs' | 'tokens', privateJwk: Jwk, audience: 'tokens' | 'identity') =>
    createAssertionSigner({ service, privateJwk, clock }).assertionFor(audience, asked)

  await refused(made('orgs', orgs.privateJwk, 'identity'), 'meant for another service')
  await refused(made('orgs', stranger.privateJwk, 'tokens'), 'a key nobody pinned')
  await refused(
    made('orgs', { ...stranger.privateJwk, kid: orgs.publicJwk.kid ?? '' }, 'tokens'),
    'a foreign key under a pinned kid',
  )
  await refused(made('orgs', tokens.privateJwk, 'tokens'), 'one service speaking as another')
  await refused(token(), 'an access token')
  await refused('', 'nothing')
  const signed = (change: object): string => {
    const own = { iss: 'service:orgs', sub: 'service:orgs', aud: 'service:tokens', htm: asked.method, htu: asked.path }
    const times = { iat: startSeconds, exp: startSeconds + 60 }
    const head = base64url({ alg: 'ES256', typ: 'service+jwt', kid: orgs.publicJwk.kid })
    const input = `${head}.${base64url({ ...own, ...times, ...change })}`
    return `${input}.${es256(input, createPrivateKey({ key: orgs.privateJwk as never, format: 'jwk' }))}`
  }
  t.equal(await verifyAssertion(callee, signed({}), asked), 'orgs')
  await refused(signed({ exp: startSeconds + 86_400 }), 'one that lives for a day')
  await refused(signed({ htm: undefined }), 'one of no method')
  await refused(signed({ htu: undefined }), 'one of no path')
  await refused(signed({ htu: [asked.path] }), 'one of several paths')
})
