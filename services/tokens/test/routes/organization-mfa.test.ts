/**
 * An organization requires a second factor: nobody enters, refreshes or switches into it with one, and whoever has two
 * does.
 */
import { type FactorRoles, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import t from 'tap'
import { boundBrowser } from '../fixtures/browsers.ts'
import { devices } from '../fixtures/devices.ts'
import { authorize, authorizeUrl, begin, callback, proof, registered, untilAvailable } from '../fixtures/openid.ts'
import { claimsOf, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person, organizationOf } = platform
const challenge = { 'www-authenticate': /error="insufficient_user_authentication".*acr_values="aal2"/ }
const refused = { status: 401, body: { code: 'insufficient_user_authentication' }, headers: challenge }
const past = '2020-01-01T00:00:00.000Z'
const future = '2999-01-01T00:00:00.000Z'

let version = 1
async function demand(organizationId: string, from: string | null | undefined): Promise<void> {
  version += 1
  platform.orgs.announce(OrganizationUpdated, {
    subject: organizationId,
    version,
    data: {
      organization_id: organizationId,
      status: 'active',
      changed: [],
      ...(from !== undefined && { mfa_required_from: from }),
    },
  })
  await replica.deps.following.orgs.pollNow()
}

async function demandOf(organizationId: string, roles: FactorRoles | undefined): Promise<void> {
  version += 1
  platform.orgs.announce(OrganizationUpdated, {
    subject: organizationId,
    version,
    data: { organization_id: organizationId, status: 'active', changed: [], ...(roles && { mfa_roles: roles }) },
  })
  await replica.deps.following.orgs.pollNow()
}
const strictAdmins: FactorRoles = [{ role: 'admin', required_from: past }]
const { decisions } = platform

const start = (userId: string, body: { organization_id?: string | null; amr?: string[] }): Promise<Answer> =>
  ask(replica, {
    method: 'POST',
    url: '/internal/sessions',
    as: 'identity',
    body: { user_id: userId, client_id: 'gatehouse-web', amr: ['pwd'], user_version: 1, ...body },
  })
const raise = (session: string, body: object): Promise<Answer> =>
  ask(replica, { method: 'POST', url: `/internal/sessions/${session}/authentication`, as: 'identity', body })

t.test(
  'a sign-in: 401 with what is missing, named or as the only organization; 201 with a second factor',
  async (t) => {
    const { id } = person()
    const acme = organizationOf(id)
    await demand(acme.id, past)
    t.match(await start(id, { organization_id: acme.id }), refused)
    t.match(await start(id, {}), refused, 'their only organization')
    t.match(await start(id, { organization_id: null }), { status: 201, body: { organization: null } })
    const strong = await start(id, { organization_id: acme.id, amr: ['pwd', 'otp', 'mfa'] })
    t.match(strong, { status: 201, body: { organization: { id: acme.id } } })
    const other = organizationOf(id)
    await replica.deps.following.orgs.pollNow()
    t.equal((await start(id, { organization_id: other.id })).status, 201, 'one that requires nothing')
  },
)

t.test('a refresh: 401 and nothing is exchanged, until the session is raised', async (t) => {
  const { id } = person()
  const [acme, other] = [organizationOf(id), organizationOf(id)]
  const session = await signIn(replica, id, { organization_id: acme.id })
  await demand(acme.id, past)
  for (const organization of [undefined, acme.id])
    t.match(await platform.refresh(replica, session.refresh_token, organization), refused)
  const switched = await platform.refresh(replica, session.refresh_token, other.id)
  t.match(switched, { status: 200, body: { organization: { id: other.id } } }, 'the token is as good as before')
  const refreshToken = String(switched.body['refresh_token'])
  t.match(await platform.refresh(replica, refreshToken, acme.id), refused, 'a switch into it')
  const raised = await raise(session.session_id, { user_id: id, amr: ['otp', 'mfa'], organization_id: acme.id })
  t.match(raised, { status: 200, body: { organization: { id: acme.id } } })
  const entered = await platform.refresh(replica, refreshToken, acme.id)
  t.match(entered, { status: 200, body: { organization: { id: acme.id } } })
  t.match(claimsOf(entered.body['access_token']), { acr: 'aal2', org_id: acme.id })
})

t.test('a step-up by one factor does not lead into it', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const session = await signIn(replica, id, { organization_id: acme.id })
  await demand(acme.id, past)
  t.match(await raise(session.session_id, { user_id: id, amr: ['pwd'], organization_id: acme.id }), refused)
  const [row] = await platform.admin<
    { amr: string[] }[]
  >`select amr from sessions where last_organization_id is not null
    order by created_at desc limit 1`
  t.same(row?.amr, ['pwd'], 'nothing was raised')
})

t.test('a date: before it one factor is enough; another event about the organization changes nothing', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await demand(acme.id, future)
  t.equal((await start(id, { organization_id: acme.id })).status, 201)
  await demand(acme.id, past)
  await demand(acme.id, undefined)
  t.match(await start(id, { organization_id: acme.id }), refused, 'a renamed organization requires what it did')
  await demand(acme.id, null)
  t.equal((await start(id, { organization_id: acme.id })).status, 201)
})

t.test('who belongs to several and never chose is in none of them, and asked for nothing', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  organizationOf(id)
  await demand(acme.id, past)
  t.match(await start(id, {}), { status: 201, body: { organization: null } })
})

t.test(
  'by role: whoever holds one that requires a second factor is asked for it, and the others are not',
  async (t) => {
    const { id } = person()
    const acme = organizationOf(id)
    const body = { organization_id: acme.id }
    const later = { role: 'auditor', required_from: future }
    await demandOf(acme.id, [...strictAdmins, { role: 'owner', required_from: past }, later])
    const accepted = { status: 201, body: { organization: { id: acme.id } } }
    t.match(await start(id, body), accepted, 'no role')
    for (const role of ['admin', 'owner']) {
      decisions.roles.set(acme.membershipId, ['member', role])
      t.match(await start(id, body), refused, role)
      t.match(await start(id, {}), refused, 'their only organization')
      t.match(await start(id, { ...body, amr: ['pwd', 'otp', 'mfa'] }), accepted, 'two factors')
    }
    decisions.roles.set(acme.membershipId, ['auditor'])
    t.match(await start(id, body), accepted, 'before its date')
    decisions.roles.set(acme.membershipId, ['admin'])
    await demandOf(acme.id, undefined)
    t.match(await start(id, body), refused, 'another event takes no rule back')
    await demandOf(acme.id, [])
    t.match(await start(id, body), accepted, 'the rule was taken back')
  },
)

t.test('by role: given and lost, from one refresh to the next; 503 while nobody can say', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await demandOf(acme.id, strictAdmins)
  const session = await signIn(replica, id, { organization_id: acme.id })
  decisions.roles.set(acme.membershipId, ['admin'])
  t.match(await platform.refresh(replica, session.refresh_token), refused)
  t.match(await platform.refresh(replica, session.refresh_token, acme.id), refused)
  decisions.isAway = true
  t.equal((await platform.refresh(replica, session.refresh_token)).status, 503)
  t.equal((await start(id, { organization_id: acme.id })).status, 503)
  decisions.isAway = false
  decisions.roles.delete(acme.membershipId)
  const back = await platform.refresh(replica, session.refresh_token)
  t.match(back, { status: 200, body: { organization: { id: acme.id } } }, 'nothing was exchanged meanwhile')
  decisions.roles.set(acme.membershipId, ['admin'])
  const more = { user_id: id, amr: ['otp', 'mfa'], organization_id: acme.id }
  t.match(await raise(session.session_id, { ...more, amr: ['pwd'] }), refused)
  t.match(await raise(session.session_id, more), { status: 200, body: { organization: { id: acme.id } } })
  const asked = decisions.asked.length
  t.equal((await platform.refresh(replica, String(back.body['refresh_token']))).status, 200)
  t.equal(decisions.asked.length, asked, 'nobody is asked about a session of two factors')
})

t.test('by role: a browser, a consent, a code and the code of a device', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const body = { organization_id: acme.id }
  const { access_token: token } = await signIn(replica, id, body)
  const cookie = await boundBrowser(platform, replica, token)
  const television = devices(platform, replica)
  const [client, screen] = [await registered(platform, replica, { auth_method: 'none' }), await television.client()]
  const url = (challenge?: string) => authorizeUrl(client.id, { code_challenge: challenge ?? proof().challenge })
  const mint = () =>
    untilAvailable(() =>
      ask(replica, {
        method: 'POST',
        url: '/internal/browser-sessions/token',
        as: 'pages',
        body: { cookie_value: cookie, ...body },
      }),
    )
  const consent = async () => {
    const { authorizationId } = await begin(platform, replica, url())
    const at = { method: 'POST', url: `/v1/me/authorizations/${authorizationId}`, token } as const
    return untilAvailable(() => ask(replica, { ...at, body: { decision: 'approved', ...body } }))
  }
  const redeem = async (roles: string[]) => {
    const { verifier, challenge } = proof()
    const allowed = await authorize(platform, replica, { url: url(challenge), token, body })
    const code = allowed.searchParams.get('code') ?? ''
    const { device_code: deviceCode, user_code: userCode } = await television.begin(screen)
    await television.allow(token, userCode, body)
    decisions.roles.set(acme.membershipId, roles)
    const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }
    const answers = [await television.post(client, '/oauth2/token', grant), await television.poll(screen, deviceCode)]
    return answers.map((answer) => [answer.statusCode, answer.json<{ error?: string }>().error])
  }
  await demandOf(acme.id, strictAdmins)
  t.equal((await mint()).status, 200)
  t.equal((await consent()).status, 200)
  t.same(await redeem(['member']), [
    [200, undefined],
    [200, undefined],
  ])
  t.same(await redeem(['admin']), [
    [400, 'invalid_grant'],
    [400, 'invalid_grant'],
  ])
  t.match(await mint(), refused)
  t.match(await consent(), refused)
})
