/**
 * Token exchange (RFC 8693): a service acts for the person it was called for, with less, and only as long as they are
 * signed in.
 */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import * as openid from 'openid-client'
import t from 'tap'
import { tokenExchangeGrant } from '../../src/domain/oauth/grant-types.ts'
import { askProtocol, basic, fetchThrough, form, registered, signedIn, tokensFor } from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { createOAuthClient, ownedOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const [orders, stock] = ['https://orders.example', 'https://stock.example']
const scopes = ['openid', 'profile', 'orders:read', 'orders:write', 'offline_access']
const shop = await registered(platform, replica, { scopes, audiences: [orders, stock] })
/** A service that takes the shop's tokens. */
const service = (more: object = {}) =>
  registered(platform, replica, {
    name: 'Orders',
    redirect_uris: [],
    grant_types: [tokenExchangeGrant],
    scopes,
    audiences: [orders],
    ...more,
  })
const actor = await service()
type Client = { id: string; client_secret?: string }
type Claims = {
  act?: object
  aud: string[]
  scope: string
  exp: number
  sid: string
  sub: string
  client_id: string
  jti: string
}

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const exchange = (token: string, more: Record<string, string> = {}, by: Client = actor) =>
  askProtocol(platform, replica, {
    url: '/oauth2/token',
    authorization: basic(by),
    form: form({
      grant_type: tokenExchangeGrant,
      subject_token: token,
      subject_token_type: accessTokenType,
      ...more,
    }),
  })
const errorOf = (answer: { json(): unknown }) => (answer.json() as { error?: string }).error
const claimsIn = (answer: { json(): unknown }) =>
  claimsOf((answer.json() as { access_token: string }).access_token) as unknown as Claims

async function subjectToken(scope = 'openid orders:read orders:write offline_access') {
  const ada = await signedIn(platform, replica)
  const tokens = await tokensFor(platform, replica, { client: shop, token: ada.token, scope })
  return { ada, token: String(tokens['access_token']), refreshToken: String(tokens['refresh_token']) }
}

t.test('openid-client exchanges a token for one that says who acts, and for whom', async (t) => {
  const { ada, token } = await subjectToken()
  const config = await openid.discovery(new URL(issuer), actor.id, String(actor.client_secret), undefined, {
    [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch,
  })
  const answer = await openid.genericGrantRequest(config, tokenExchangeGrant, {
    subject_token: token,
    subject_token_type: accessTokenType,
    audience: stock,
    scope: 'orders:read',
  })
  t.match(answer, { issued_token_type: accessTokenType, token_type: 'bearer', scope: 'orders:read' })
  t.notOk(answer.refresh_token ?? answer.id_token)
  const [before, after] = [claimsOf(token) as unknown as Claims, claimsOf(answer.access_token) as unknown as Claims]
  t.match(after, { sub: ada.id, client_id: actor.id, aud: [stock], scope: 'orders:read', act: { sub: actor.id } })
  t.equal(after.sid, before.sid, 'of the same session')
  t.equal(after.exp, before.exp, 'and over as soon')
  t.not(after.jti, before.jti)
})

t.test('it only ever narrows scope and audience, and each service adds itself to the chain', async (t) => {
  const { token } = await subjectToken()
  const all = claimsIn(await exchange(token))
  t.same(all.scope, 'openid orders:read orders:write', 'no offline_access')
  t.same(all.aud, (claimsOf(token) as unknown as Claims).aud)
  for (const [more, error] of [
    [{ scope: 'profile' }, 'invalid_scope'],
    [{ scope: 'openid offline_access' }, 'invalid_scope'],
    [{ scope: 'orders:read admin' }, 'invalid_scope'],
    [{ audience: 'https://other.example' }, 'invalid_target'],
    [{ audience: 'gatehouse' }, 'invalid_target'],
    [{ resource: issuer }, 'invalid_target'],
    [{ resource: 'https://other.example' }, 'invalid_target'],
  ] as const)
    t.equal(errorOf(await exchange(token, more)), error, JSON.stringify(more))
  const narrow = await exchange(token, { scope: 'orders:read', resource: orders })
  const narrowToken = (narrow.json() as { access_token: string }).access_token
  t.equal(errorOf(await exchange(narrowToken, { scope: 'orders:write' })), 'invalid_scope', 'never back')
  t.equal(errorOf(await exchange(narrowToken, { audience: stock })), 'invalid_target')
  const second = await service()
  let chained = narrowToken
  for (const by of [second, actor, second, actor]) {
    const answer = await exchange(chained, {}, by)
    t.equal(answer.statusCode, 200, answer.body)
    chained = (answer.json() as { access_token: string }).access_token
  }
  t.match(claimsOf(chained), { act: { sub: actor.id, act: { sub: second.id, act: { sub: actor.id } } } })
  t.equal(errorOf(await exchange(chained)), 'invalid_request', 'not for ever')
  const [first, last] = [orders, stock].map((one) => encodeURIComponent(one))
  const both = await askProtocol(platform, replica, {
    url: '/oauth2/token',
    authorization: basic(actor),
    form:
      form({ grant_type: tokenExchangeGrant, subject_token: token, subject_token_type: accessTokenType }) +
      `&resource=${first}&resource=${last}`,
  })
  t.same(claimsIn(both).aud, [orders, stock], 'RFC 8707: a parameter that may be repeated')
})

t.test('who may not exchange, and what is no subject', async (t) => {
  const { ada, token, refreshToken } = await subjectToken()
  const elsewhere = await service({ audiences: ['https://elsewhere.example'] })
  const without = await registered(platform, replica, { audiences: [orders] })
  const org = { ...(await ownedOrganization(platform, replica)) }
  const { body } = await createOAuthClient(platform, replica, org, {
    grant_types: [tokenExchangeGrant],
    audiences: [orders],
    scopes,
  })
  const ofOthers = { id: String(body['id']), client_secret: String(body['client_secret']) }
  for (const [what, subject, more, by, error] of [
    ['outside its audience', token, {}, elsewhere, 'invalid_request'],
    ['of another owner', token, {}, ofOthers, 'invalid_request'],
    ['without the grant', token, {}, without, 'unauthorized_client'],
    ['a wrong secret', token, {}, { ...actor, client_secret: 'gtcs_x' }, 'invalid_client'],
    ['a token of our own API', ada.token, {}, actor, 'invalid_request'],
    ['a refresh token', refreshToken, {}, actor, 'invalid_request'],
    ['a forged token', `${token}x`, {}, actor, 'invalid_request'],
    ['none', '', {}, actor, 'invalid_request'],
    [
      'another type',
      token,
      { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      actor,
      'invalid_request',
    ],
    ['no type', token, { subject_token_type: '' }, actor, 'invalid_request'],
    [
      'another wish',
      token,
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      actor,
      'invalid_request',
    ],
    [
      'an actor beside the client',
      token,
      { actor_token: token, actor_token_type: accessTokenType },
      actor,
      'invalid_request',
    ],
  ] as const)
    t.equal(errorOf(await exchange(subject, more, by)), error, what)
  const refused = await platform.ask(replica, {
    method: 'POST',
    url: '/v1/platform/oauth-clients',
    token: ada.token,
    body: { name: 'x', auth_method: 'none', redirect_uris: [], grant_types: [tokenExchangeGrant] },
  })
  t.match(refused, { status: 400, body: { errors: [{ path: '/grant_types' }] } }, 'nor a public client')
})

t.test('what ends the person’s session ends what was exchanged, for good', async (t) => {
  const isActive = async (token: string) =>
    (
      (
        await askProtocol(platform, replica, {
          url: '/oauth2/introspect',
          authorization: basic(actor),
          form: form({ token }),
        })
      ).json() as { active: boolean }
    ).active
  for (const end of ['sign-out', 'floor'] as const) {
    const { ada, token } = await subjectToken()
    const given = (await exchange(token)).json() as { access_token: string }
    t.ok(await isActive(given.access_token))
    if (end === 'sign-out')
      await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: ada.refreshToken } })
    else
      await platform.admin`update sessions set version = version + 1, min_version = version + 1
        where id = ${uuidOf(String(claimsOf(token).sid))}`
    t.notOk(await isActive(given.access_token), end)
    t.equal(errorOf(await exchange(given.access_token)), 'invalid_request', end)
    t.equal(errorOf(await exchange(token)), 'invalid_request', end)
  }
})
