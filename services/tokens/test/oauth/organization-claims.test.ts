/** What applications learn of the organization a person acts for, and how they name it. */
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import t from 'tap'
import { devices } from '../fixtures/devices.ts'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  basic,
  begin,
  callback,
  form,
  proof,
  registered,
  signedIn,
  tokensFor,
} from '../fixtures/openid.ts'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'

type Claims = { org_id?: string; org_slug?: string; roles?: string[]; error?: string; error_description?: string }

const platform = await openPlatform(t)
const replica = await platform.replica()
const client = await registered(platform, replica, { scopes: ['openid', 'roles', 'offline_access'] })
const ada = await signedIn(platform, replica)
const { decisions } = platform
decisions.roles.set(`${ada.organization.id} ${ada.id}`, ['admin', 'editor'])

const tokens = (scope: string) => tokensFor(platform, replica, { client, token: ada.token, scope })
const idToken = (answer: Record<string, string>) => claimsOf(answer['id_token']) as Claims
const userInfo = async (accessToken = ''): Promise<Claims> =>
  (
    await askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization: `Bearer ${accessToken}` })
  ).json() as Claims
const refresh = async (refreshToken = '', more: Record<string, string> = {}) =>
  (
    await askProtocol(platform, replica, {
      url: '/oauth2/token',
      authorization: basic(client),
      form: form({ grant_type: 'refresh_token', refresh_token: refreshToken, ...more }),
    })
  ).json() as Record<string, string>

t.test('the organization is told with its slug, and by the scope roles with the roles there', async (t) => {
  const plain = await tokens('openid')
  const { id, slug } = ada.organization
  for (const claims of [idToken(plain), await userInfo(plain['access_token'])]) {
    t.match(claims, { org_id: id, org_slug: slug })
    t.notOk('roles' in claims, 'which nobody asked for')
  }
  const answer = await tokens('openid roles offline_access')
  t.same(idToken(answer).roles, ['admin', 'editor'])
  t.same((await userInfo(answer['access_token'])).roles, ['admin', 'editor'])
  t.notOk('roles' in claimsOf(answer['access_token']), 'rights live at the decision point')
  decisions.roles.set(`${ada.organization.id} ${ada.id}`, ['admin'])
  const later = await refresh(answer['refresh_token'])
  t.same(idToken(later).roles, ['admin'], 'each answer asks anew')
})

t.test('who acts for no organization has no slug and no roles', async (t) => {
  const { verifier, challenge } = proof()
  const url = authorizeUrl(client.id, { code_challenge: challenge, scope: 'openid roles' })
  const at = await authorize(platform, replica, { url, token: ada.token, body: { organization_id: null } })
  const answer = await askProtocol(platform, replica, {
    url: '/oauth2/token',
    authorization: basic(client),
    form: form({
      grant_type: 'authorization_code',
      code: at.searchParams.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: callback,
    }),
  })
  const claims = idToken(answer.json() as Record<string, string>)
  for (const name of ['org_id', 'org_slug', 'roles']) t.notOk(name in claims, name)
})

t.test('while the decision point is away people sign in without the claim of roles', async (t) => {
  decisions.isAway = true
  t.teardown(() => (decisions.isAway = false))
  const answer = await tokens('openid roles')
  t.equal(idToken(answer).org_slug, ada.organization.slug)
  t.notOk('roles' in idToken(answer))
  t.notOk('roles' in (await userInfo(answer['access_token'])))
})

t.test('an organization is named by its id or by its slug, wherever one is named', async (t) => {
  const other = platform.organizationOf(ada.id)
  const answer = await tokens('openid offline_access')
  const switched = await refresh(answer['refresh_token'], { organization: other.slug })
  t.equal(claimsOf(switched['access_token']).org_id, other.id, 'at a refresh')
  const back = await refresh(switched['refresh_token'], { organization: ada.organization.id })
  t.equal(claimsOf(back['access_token']).org_id, ada.organization.id)
  for (const organization of ['no-such-organization', 'Acme', 'org_short', `org_${'z'.repeat(26)}`, ''.padEnd(64, 'a')])
    t.match(await refresh(back['refresh_token'], { organization }), { error: 'invalid_request' }, organization)
  t.match(
    await refresh(back['refresh_token'], { organization: other.slug, organization_id: other.id }),
    { error: 'invalid_request' },
    'two names are no name',
  )
  const { challenge } = proof()
  const url = (organization: string) => authorizeUrl(client.id, { code_challenge: challenge, organization })
  const begun = await begin(platform, replica, url(other.slug))
  const shown = await platform.ask(replica, {
    method: 'GET',
    url: `/v1/me/authorizations/${begun.authorizationId}`,
    token: ada.token,
  })
  t.equal(shown.body['organization_id'], other.id, 'at an authorization request')
  const refused = await askProtocol(platform, replica, { url: url('no-such-organization') })
  t.equal(new URL(String(refused.headers.location)).searchParams.get('error'), 'invalid_request')
  const device = devices(platform, replica)
  const television = await device.client()
  const { user_code: code } = await device.begin(television, { organization: other.slug })
  t.equal((await device.find(ada.token, code)).body['organization_id'], other.id, 'and by a device')
})

t.test('a slug follows its organization', async (t) => {
  const first = platform.organizationOf(ada.id)
  const second = platform.organizationOf(ada.id)
  const renamed = (id: string, slug: string) =>
    platform.orgs.announce(OrganizationUpdated, {
      subject: id,
      version: 2,
      data: { organization_id: id, status: 'active', changed: ['slug'], slug },
    })
  const answer = await tokens('openid offline_access')
  renamed(first.id, `${first.slug}-old`)
  renamed(second.id, first.slug)
  await replica.deps.following.orgs.pollNow()
  const switched = await refresh(answer['refresh_token'], { organization: first.slug })
  t.match(idToken(switched), { org_id: second.id, org_slug: first.slug })
})
