/**
 * Clients that are known by the address of a document about them (OAuth Client ID Metadata Document), and clients whose
 * keys are fetched (`jwks_uri`): from a real server, over real connections.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type KeyPair, newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { referenceTo } from '../../src/crypto/client-reference.ts'
import { isClientIdentifierUrl } from '../../src/domain/oauth/client-identifier-url.ts'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  callback,
  form,
  proof,
  registered,
  signedIn,
  tokensFor,
} from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { jwkOf, signedBy } from '../fixtures/proofs.ts'

/** What the web has: a document by its path, and how often it was asked for. */
const documents = new Map<string, object>()
const met = new Map<string, number>()
const web = createServer(({ url: path = '' }, response) => {
  met.set(path, (met.get(path) ?? 0) + 1)
  const document = documents.get(path)
  if (document === undefined) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
})
await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
t.teardown(() => {
  web.closeAllConnections()
  web.close()
})

const platform = await openPlatform(t, { metadata: { hosts: ['127.0.0.1'], networks: ['127.0.0.0/8'] } })
const replica = await platform.replica()
const ada = await signedIn(platform, replica)

/** A document on the web, and its address. */
function published(path: string, more: object = {}): string {
  const id = `${origin}${path}`
  documents.set(path, { client_id: id, client_name: 'Desk of Tools', redirect_uris: [callback], ...more })
  return id
}
const asked = (clientId: string, more: Record<string, string> = {}) =>
  askProtocol(platform, replica, { url: authorizeUrl(clientId, { code_challenge: proof().challenge, ...more }) })
/** As if the time until the document is read again had passed. */
const grownOld = (id: string, seconds = 1) =>
  platform.admin`update oauth_clients set document_expires_at = now() - make_interval(secs => ${seconds})
    where id = ${id}`

const seconds = () => Math.floor(Date.now() / 1000)
const assertion = (clientId: string, pair: KeyPair, kid: string) =>
  signedBy(
    pair,
    { alg: 'ES256', kid },
    { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: seconds(), exp: seconds() + 60 },
  )
/** A code that is none: a client that is believed hears `invalid_grant`. */
const heard = async (clientId: string, pair: KeyPair, kid: string, on = replica): Promise<string> => {
  const answer = await askProtocol(platform, on, {
    url: '/oauth2/token',
    form: form({
      grant_type: 'authorization_code',
      code: 'x',
      code_verifier: 'y',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion(clientId, pair, kid),
    }),
  })
  return (answer.json() as { error: string }).error
}

t.test('a document makes a client: people are asked, and every token names its address', async (t) => {
  const id = published('/tools.json')
  const { verifier, challenge } = proof()
  const url = authorizeUrl(id, { code_challenge: challenge })
  const at = await authorize(platform, replica, { url, token: ada.token })
  const code = at.searchParams.get('code') ?? ''
  const answer = await askProtocol(platform, replica, {
    url: '/oauth2/token',
    form: form({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: callback,
      client_id: id,
    }),
  })
  t.equal(answer.statusCode, 200, answer.body)
  const tokens = answer.json() as { id_token: string; access_token: string }
  t.match(claimsOf(tokens.id_token), { aud: id })
  t.match(claimsOf(tokens.access_token), { client_id: id })
  const [row] = await platform.admin`
    select name, is_first_party, org_id, audiences from oauth_clients where id = ${id}`
  const name = `Desk of Tools (${new URL(origin).host})`
  t.match(row, { name, is_first_party: false, org_id: null, audiences: [] }, 'people are asked, and told where it is')
  t.same(await platform.announced(replica, referenceTo(id)), ['oauth_client.created.v1'])
  t.equal(met.get('/tools.json'), 1, 'it was read once for all of this')
})

t.test('many who name it at once make one client', async (t) => {
  const id = published('/crowd.json')
  const answers = await Promise.all(Array.from({ length: 12 }, () => asked(id)))
  t.same([...new Set(answers.map(({ statusCode }) => statusCode))], [303])
  t.ok((met.get('/crowd.json') ?? 0) < 4, 'one request is under way; another may follow before the client is kept')
  t.same(await platform.announced(replica, referenceTo(id)), ['oauth_client.created.v1'])
})

t.test(
  'a document that changes is followed once it has grown old, and one that is away is believed for a day',
  async (t) => {
    const id = published('/change.json')
    await asked(id)
    published('/change.json', { redirect_uris: ['https://new.example/callback'] })
    t.equal((await asked(id)).statusCode, 303, 'what was read is fresh')
    await grownOld(id)
    t.equal((await asked(id)).statusCode, 400, 'the old address is no longer in it')
    t.equal((await asked(id, { redirect_uri: 'https://new.example/callback' })).statusCode, 303)
    t.same(await platform.announced(replica, referenceTo(id)), ['oauth_client.created.v1', 'oauth_client.updated.v1'])
    documents.delete('/change.json')
    await grownOld(id, 3_600)
    t.equal((await asked(id, { redirect_uri: 'https://new.example/callback' })).statusCode, 303)
    await grownOld(id, 90_000)
    t.equal((await asked(id, { redirect_uri: 'https://new.example/callback' })).statusCode, 400)
  },
)

t.test('a client that an operator disabled stays so, whatever its document says', async (t) => {
  const id = published('/disabled.json')
  const tokens = await tokensFor(platform, replica, { client: { id }, token: ada.token })
  const operator = await signedIn(platform, replica)
  const url = `/v1/platform/oauth-clients/${referenceTo(id)}`
  const disabled = { method: 'PATCH', url, token: operator.token, body: { status: 'disabled' } } as const
  t.match(await platform.ask(replica, disabled), { status: 200, body: { id: referenceTo(id), document_uri: id } })
  const session = claimsOf(tokens['access_token']).sid
  const [ended] = await platform.admin`select status from sessions where id = ${uuidOf(session)}`
  t.match(ended, { status: 'ended' })
  await grownOld(id)
  t.equal((await asked(id)).statusCode, 400)
  t.equal(met.get('/disabled.json'), 1, 'it is not read any more')
})

t.test('a document that is not what it has to be makes no client, and the page says why', async (t) => {
  for (const [path, more, why] of [
    ['/other.json', { client_id: `${origin}/tools.json` }, /client_id is not its address/],
    ['/secret.json', { client_secret: 'x' }, /no secret/],
    ['/basic.json', { token_endpoint_auth_method: 'client_secret_basic' }, /no secret/],
    ['/scheme.json', { redirect_uris: ['javascript:alert(1)'] }, /redirect_uris/],
    ['/name.json', { client_name: 7 }, /client_name/],
  ] as const) {
    const { statusCode, body } = await asked(published(path, more))
    t.equal(statusCode, 400, path)
    t.match(body, why, path)
  }
  documents.set('/list.json', [])
  t.match((await asked(`${origin}/list.json`)).body, /no object/)
  t.match((await asked(`${origin}/nothing.json`)).body, /404/)
  const rows = await platform.admin`select id from oauth_clients where id like ${`${origin}/%.json`}`
  t.notOk(rows.some(({ id }) => /other|secret|basic|scheme|name|list|nothing/.test(String(id))))
})

t.test('an address that fails is left alone for a while, and hosts that nobody named are never asked', async (t) => {
  const before = met.get('/nothing.json')
  for (let n = 0; n < 5; n += 1) await asked(`${origin}/nothing.json`)
  t.equal(met.get('/nothing.json'), before)
  for (const id of ['https://elsewhere.example/client.json', origin.replace('127.0.0.1', 'localhost') + '/tools.json'])
    t.equal((await asked(id)).statusCode, 400, id)
})

t.test('what was read and refused is left alone as well, and so are keys that are none', async (t) => {
  const refused = published('/refused.json', { client_name: 7 })
  for (let n = 0; n < 5; n += 1) t.match((await asked(refused)).body, /client_name/)
  t.equal(met.get('/refused.json'), 1)
  const signer = newEcKeyPair()
  for (const [path, keys] of [
    ['/no-keys.json', []],
    ['/for-encryption.json', [{ ...jwkOf(signer), kid: 'a', use: 'enc' }]],
    ['/private.json', [{ ...signer.privateKey.export({ format: 'jwk' }), kid: 'a' }]],
    ['/no-list.json', { kid: 'a' }],
  ] as const) {
    documents.set(path, { keys })
    const more = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${origin}${path}` }
    const id = published(`/client-of${path}`, more)
    for (let n = 0; n < 5; n += 1) t.equal(await heard(id, signer, 'a'), 'invalid_client', path)
    t.equal(met.get(path), 1, `${path} was asked for once`)
  }
})

t.test('a document that has become wrong is not believed as one that is away is', async (t) => {
  const id = published('/spoilt.json')
  t.equal((await asked(id)).statusCode, 303)
  published('/spoilt.json', { redirect_uris: ['javascript:alert(1)'] })
  await grownOld(id)
  for (let n = 0; n < 3; n += 1) t.equal((await asked(id)).statusCode, 400)
  t.equal(met.get('/spoilt.json'), 2)
})

t.test('an address is a client’s in one spelling only', async (t) => {
  t.ok(isClientIdentifierUrl('https://tools.example/client.json'))
  t.ok(isClientIdentifierUrl('https://tools.example:8443/client?v=1'))
  for (const text of [
    'https://tools.example',
    'https://tools.example/',
    'https://Tools.example/client',
    'https://tools.example:443/client',
    'https://tools.example/a/../client',
    'https://tools.example/client#x',
    'https://ann@tools.example/client',
    'https://tools.example/cl ient',
    'ftp://tools.example/client',
    `https://tools.example/${'x'.repeat(500)}`,
  ])
    t.notOk(isClientIdentifierUrl(text), text)
})

t.test(
  'keys at a jwks_uri prove a client; a new one is met once, and who has none is not fetched for again',
  async (t) => {
    const [first, next, strange] = [newEcKeyPair(), newEcKeyPair(), newEcKeyPair()]
    const publish = (pairs: Record<string, KeyPair>) =>
      documents.set('/keys.json', {
        keys: Object.entries(pairs).map(([kid, pair]) => ({ ...jwkOf(pair), kid, x5c: ['a certificate'] })),
      })
    publish({ first })
    const jwksUri = `${origin}/keys.json`
    const id = published('/signed.json', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri })
    await asked(id)
    t.equal(await heard(id, first, 'first'), 'invalid_grant')
    t.equal(await heard(id, first, 'first'), 'invalid_grant')
    t.equal(met.get('/keys.json'), 1)
    t.equal(await heard(id, strange, 'first'), 'invalid_client', 'another key under that name')
    publish({ first, next })
    t.equal(await heard(id, next, 'next'), 'invalid_client', 'keys are fetched once in a minute at most')
    t.equal(met.get('/keys.json'), 1)
    const another = await platform.replica()
    const told = 'a replica that has not read them knows the new one'
    t.equal(await heard(id, next, 'next', another), 'invalid_grant', told)
  },
)

t.test('a jwks_uri is registered by https and at a host that was named, and never beside keys', async (t) => {
  const jwks = { keys: [{ ...jwkOf(newEcKeyPair()), kid: 'a' }] }
  for (const more of [
    { auth_method: 'private_key_jwt', jwks_uri: 'https://elsewhere.example/keys' },
    { auth_method: 'private_key_jwt', jwks_uri: 'http://tools.example/keys' },
    { auth_method: 'private_key_jwt', jwks, jwks_uri: 'https://127.0.0.1/keys' },
    { auth_method: 'none', jwks_uri: 'https://127.0.0.1/keys' },
  ])
    await t.rejects(registered(platform, replica, more), JSON.stringify(more).slice(0, 80))
  const client = await registered(platform, replica, {
    auth_method: 'private_key_jwt',
    jwks_uri: 'https://127.0.0.1/keys',
  })
  t.match(client, { jwks: null, jwks_uri: 'https://127.0.0.1/keys' })
})

t.test('discovery says that documents are read', async (t) => {
  const answer = await askProtocol(platform, replica, { url: '/.well-known/openid-configuration' })
  t.equal((answer.json() as Record<string, unknown>)['client_id_metadata_document_supported'], true)
})
