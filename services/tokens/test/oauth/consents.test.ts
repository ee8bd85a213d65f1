/** Consents as the person sees and revokes them. */
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { endSessionsOfDeletedClients } from '../../src/use-cases/oauth-clients/end-sessions-of-client.ts'
import { boundBrowser, cookieOf, outcomeOf, visit } from '../fixtures/browsers.ts'
import { askProtocol, registered, signedIn, tokensFor as allowed } from '../fixtures/openid.ts'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'
import { createOAuthClient } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const wiki = await registered(platform, replica)
const ours = await registered(platform, replica, { name: 'Ours', first_party: true })

const tokensFor = (client: typeof wiki, { token }: { token: string }, scope = 'openid offline_access') =>
  allowed(platform, replica, { client, token, scope })

const listed = async (person: { token: string }, query = '') =>
  (await platform.ask(replica, { method: 'GET', url: `/v1/me/consents${query}`, token: person.token })).body as {
    data: { id: string; client: { id: string }; scope: string[] }[]
    page: { next_cursor: string | null }
  }
const revoke = (person: { token: string }, id: string) =>
  platform.ask(replica, { method: 'DELETE', url: `/v1/me/consents/${id}`, token: person.token })
const userInfoStatus = async (tokens: Record<string, string>) =>
  (
    await askProtocol(platform, replica, {
      url: '/oauth2/userinfo',
      authorization: `Bearer ${String(tokens['access_token'])}`,
    })
  ).statusCode

t.test('a decision is a consent, which grows with what is allowed; applications of ours need none', async (t) => {
  const ada = await signedIn(platform, replica)
  await tokensFor(ours, ada)
  t.same((await listed(ada)).data, [])
  await tokensFor(wiki, ada, 'openid')
  await tokensFor(wiki, ada, 'openid')
  await tokensFor(wiki, ada, 'profile')
  const { data } = await listed(ada)
  t.match(data, [{ client: { id: wiki.id, name: 'Wiki' }, organization_id: null, scope: ['openid', 'profile'] }])
  t.equal(data.length, 1)
  t.same(await platform.announced(replica, data[0]?.id), ['oauth_consent.granted.v1', 'oauth_consent.granted.v1'])
})

t.test(
  'revoking ends each session the application has of this person, in every browser, and nothing else',
  async (t) => {
    const [ada, bob] = [await signedIn(platform, replica), await signedIn(platform, replica)]
    const second = await platform.signIn(replica, ada.id, { organization_id: ada.organization.id })
    const held = [await tokensFor(wiki, ada), await tokensFor(wiki, { token: second.access_token })]
    const others = [await tokensFor(ours, ada), await tokensFor(wiki, bob)]
    const cookie = await boundBrowser(platform, replica, ada.token)
    const silently = async () =>
      outcomeOf(
        (await visit(platform, replica, { clientId: wiki.id, cookie: cookieOf(cookie), more: { prompt: 'none' } })).at,
      )
    t.equal(await silently(), 'code')
    const [consent] = (await listed(ada)).data
    t.equal((await revoke(ada, consent?.id ?? '')).status, 204)
    for (const tokens of held) {
      t.equal(await userInfoStatus(tokens), 401)
      t.same(await platform.announced(replica, String(claimsOf(tokens['access_token']).sid)), [
        'session.started.v1',
        'session.ended.v1',
      ])
    }
    for (const tokens of others) t.equal(await userInfoStatus(tokens), 200)
    t.same((await listed(ada)).data, [])
    t.equal(await silently(), 'consent_required')
    t.equal((await revoke(ada, consent?.id ?? '')).status, 404, 'once')
    await tokensFor(wiki, ada, 'email')
    t.match((await listed(ada)).data, [{ id: consent?.id, scope: ['email'] }], 'allowing anew begins anew')
    t.same(await platform.announced(replica, consent?.id), [
      'oauth_consent.granted.v1',
      'oauth_consent.revoked.v1',
      'oauth_consent.granted.v1',
    ])
  },
)

t.test('a consent is its person’s alone: to everybody else it is not there', async (t) => {
  const [ada, bob] = [await signedIn(platform, replica), await signedIn(platform, replica)]
  const tokens = await tokensFor(wiki, ada)
  const [consent] = (await listed(ada)).data
  t.equal((await revoke(bob, consent?.id ?? '')).status, 404)
  t.equal((await revoke(bob, newId('cns'))).status, 404)
  t.same((await listed(bob)).data, [])
  t.equal(await userInfoStatus(tokens), 200)
})

t.test('consents come in pages; those of a client that is gone are not shown', async (t) => {
  const ada = await signedIn(platform, replica)
  const clients = [await registered(platform, replica), await registered(platform, replica)]
  for (const client of clients) await tokensFor(client, ada)
  const first = await listed(ada, '?limit=1')
  const rest = await listed(ada, `?limit=1&cursor=${String(first.page.next_cursor)}`)
  t.same(
    [...first.data, ...rest.data].map(({ client }) => client.id),
    clients.map(({ id }) => id).reverse(),
  )
  const gone = await platform.ask(replica, {
    method: 'DELETE',
    url: `/v1/platform/oauth-clients/${clients[0]?.id ?? ''}`,
    token: ada.token,
  })
  t.equal(gone.status, 204)
  t.same(
    (await listed(ada)).data.map(({ client }) => client.id),
    [clients[1]?.id],
  )
})

t.test('clients go with their organization, and their sessions end by event; the sign-in goes on', async (t) => {
  const ada = await signedIn(platform, replica)
  const { id } = ada.organization
  const scopes = ['openid', 'offline_access']
  const org = { ...ada.organization, path: '', token: ada.token }
  const { body } = await createOAuthClient(platform, replica, org, { scopes })
  const tokens = await tokensFor(body as typeof wiki, ada)
  const { sid } = claimsOf(tokens['access_token']) as { sid: string }
  await endSessionsOfDeletedClients(replica.deps)
  t.same(await platform.announced(replica, sid), ['session.started.v1'])
  const data = { organization_id: id, min_ov: 9 }
  platform.orgs.announce(OrganizationDeleted, { subject: id, version: 9, data })
  await replica.deps.following.orgs.pollNow()
  for (let times = 0; times < 2; times += 1) await endSessionsOfDeletedClients(replica.deps)
  t.same(await platform.announced(replica, sid), ['session.started.v1', 'session.ended.v1'])
  t.match(await platform.refresh(replica, ada.refreshToken), { status: 200, body: { organization: null } })
})
