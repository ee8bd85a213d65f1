/** Pushed authorization requests (RFC 9126), by `openid-client` and by hand. */
import * as openid from 'openid-client'
import t from 'tap'
import {
  askProtocol,
  authorize,
  basic,
  callback,
  fetchThrough,
  form,
  proof,
  registered,
  signedIn,
} from '../fixtures/openid.ts'
import { issuer, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const client = await registered(platform, replica)
const other = await registered(platform, replica)
const ada = await signedIn(platform, replica)

const request = (more: Record<string, string> = {}) => ({
  response_type: 'code',
  redirect_uri: callback,
  scope: 'openid',
  code_challenge: proof().challenge,
  code_challenge_method: 'S256',
  ...more,
})
const push = (parameters: Record<string, string>, authorization: string | undefined = basic(client)) =>
  askProtocol(platform, replica, { url: '/oauth2/par', form: form(parameters), authorization })
const referenceOf = async () => (await push(request({ state: 'of the client' }))).json() as { request_uri: string }
const visitWith = (requestUri: string, clientId = client.id, more: Record<string, string> = {}) =>
  askProtocol(platform, replica, {
    url: `/oauth2/authorize?${form({ client_id: clientId, request_uri: requestUri, ...more })}`,
  })

t.test('openid-client pushes its request and signs a person in by the reference', async (t) => {
  const config = await openid.discovery(
    new URL(issuer),
    client.id,
    String(client.client_secret),
    openid.ClientSecretBasic(String(client.client_secret)),
    { [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch },
  )
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const expectedState = openid.randomState()
  const url = await openid.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: callback,
    scope: 'openid',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
  })
  t.same([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const at = await authorize(platform, replica, { url: url.pathname + url.search, token: ada.token })
  const tokens = await openid.authorizationCodeGrant(config, at, { pkceCodeVerifier, expectedState })
  t.equal(tokens.claims()?.sub, ada.id)
})

t.test('a reference works once, for its client and for seconds; nothing beside it counts', async (t) => {
  const answer = await push(request())
  t.equal(answer.statusCode, 201)
  t.match(answer.headers, { 'cache-control': 'no-store', 'content-type': /^application\/json/ })
  t.match(answer.json(), { request_uri: /^urn:ietf:params:oauth:request_uri:gtpr_/, expires_in: 90 })
  const { request_uri: first } = await referenceOf()
  t.equal((await visitWith(first, other.id)).statusCode, 400, 'another client neither uses nor spoils it')
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => visitWith(first, client.id, { state: 'of the browser', scope: 'email' })),
  )
  t.equal(answers.filter(({ statusCode }) => statusCode === 303).length, 1, 'one winner')
  t.ok(answers.every(({ statusCode }) => statusCode === 303 || statusCode === 400))
  const [row] = await platform.admin<
    { request: object }[]
  >`select request from oauth_authorizations order by created_at desc limit 1`
  t.match(row?.request, { state: 'of the client', scope: ['openid'] })
  const { request_uri: late } = await referenceOf()
  await platform.admin`update oauth_pushed_requests set expires_at = now() where used_at is null`
  for (const gone of [first, late, `${late}x`, 'urn:ietf:params:oauth:request_uri:x']) {
    const refused = await visitWith(gone)
    t.equal(refused.statusCode, 400)
    t.match(refused.headers['content-type'], 'text/html')
    t.notOk(refused.headers.location)
  }
})

t.test('what is wrong with a pushed request is told to its client at once', async (t) => {
  for (const [parameters, authorization, error] of [
    [request(), 'Basic !', 'invalid_client'],
    [request(), undefined, 'invalid_client'],
    [request({ redirect_uri: `${callback}/x` }), basic(client), 'invalid_request'],
    [request({ response_type: 'token' }), basic(client), 'unsupported_response_type'],
    [request({ scope: 'unknown' }), basic(client), 'invalid_scope'],
    [request({ code_challenge_method: 'plain' }), basic(client), 'invalid_request'],
    [request({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }), basic(client), 'invalid_request'],
    [request({ client_id: other.id }), basic(client), 'invalid_request'],
  ] as const) {
    const answer = await askProtocol(platform, replica, { url: '/oauth2/par', form: form(parameters), authorization })
    t.match(answer.json(), { error }, JSON.stringify(parameters))
    t.match(answer.headers['content-type'], 'application/json')
  }
})

t.test('the secret of a client that pushes is not kept', async (t) => {
  await askProtocol(platform, replica, {
    url: '/oauth2/par',
    form: form({ ...request(), client_id: client.id, client_secret: String(client.client_secret) }),
  })
  const rows = await platform.admin`select t::text as text from oauth_pushed_requests t`
  t.ok(rows.length > 0)
  t.notOk(rows.some((row) => String(row['text']).includes(String(client.client_secret))))
})
