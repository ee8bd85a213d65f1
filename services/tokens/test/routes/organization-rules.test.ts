/**
 * The rules of an organization on sessions: where they are used from, how they were signed in to, how long they last.
 * What a sign-in lifts is asked for; where none would, whoever did not name the organization goes on without it.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { type AccessRules, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { boundBrowser } from '../fixtures/browsers.ts'
import { devices } from '../fixtures/devices.ts'
import { authorize, authorizeUrl, begin, callback, proof, registered, untilAvailable } from '../fixtures/openid.ts'
import { claimsOf, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person, organizationOf } = platform
const inside = '203.0.113.7'
const outside = '198.51.100.1'
const noRules: AccessRules = {
  session_idle_seconds: null,
  session_lifetime_seconds: null,
  allowed_addresses: [],
  sign_in_methods: [],
}
const forbidden = { status: 403, body: { code: 'forbidden' } }
const challenge = (parameter: string) => ({
  status: 401,
  body: { code: 'insufficient_user_authentication' },
  headers: { 'www-authenticate': new RegExp(parameter) },
})

let version = 1
async function rule(id: string, rules: Partial<AccessRules> | undefined): Promise<void> {
  version += 1
  platform.orgs.announce(OrganizationUpdated, {
    subject: id,
    version,
    data: {
      organization_id: id,
      status: 'active',
      changed: [],
      ...(rules && { access_rules: { ...noRules, ...rules } }),
    },
  })
  await replica.deps.following.orgs.pollNow()
}

const from = (address: string) => ({ [internalHeaders.clientAddress]: address })
const start = (
  userId: string,
  { address = inside, ...body }: { organization_id?: string; amr?: string[]; address?: string },
): Promise<Answer> =>
  ask(replica, {
    method: 'POST',
    url: '/internal/sessions',
    as: 'identity',
    headers: from(address),
    body: { user_id: userId, client_id: 'gatehouse-web', amr: ['pwd'], user_version: 1, ...body },
  })
const refresh = (token: unknown, o: { address?: string; organization_id?: string | null } = {}): Promise<Answer> => {
  const { address = inside, ...body } = o
  const sent = { refresh_token: String(token), ...body }
  return ask(replica, { method: 'POST', url: '/v1/auth/refresh', headers: from(address), body: sent })
}
const raise = (session: string, body: object, address = inside): Promise<Answer> =>
  ask(replica, {
    method: 'POST',
    url: `/internal/sessions/${session}/authentication`,
    as: 'identity',
    headers: from(address),
    body,
  })
/** As if the person had signed in, and last refreshed, so many seconds ago. */
const signedInAgo = (sessionId: string, seconds: number) =>
  platform.admin`update sessions set auth_time = now() - make_interval(secs => ${seconds}),
    last_seen_at = now() - make_interval(secs => ${seconds}) where id = ${uuidOf(sessionId, 'ses')}`

t.test('addresses: nobody starts, refreshes, switches or steps up into it from outside', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await rule(acme.id, { allowed_addresses: ['203.0.113.0/24', '2001:db8::/32'] })
  t.match(await start(id, { organization_id: acme.id, address: outside }), forbidden)
  t.match(await start(id, { address: outside }), { status: 201, body: { organization: null } }, 'not named: without it')
  for (const address of ['2001:db8:7::1', '::ffff:203.0.113.9', inside])
    t.match(await start(id, { organization_id: acme.id, address }), { status: 201 }, address)
  const session = await signIn(replica, id, { organization_id: acme.id })
  t.match(await refresh(session.refresh_token, { address: outside, organization_id: acme.id }), forbidden)
  const moved = await refresh(session.refresh_token, { address: outside })
  t.match(moved, { status: 200, body: { organization: null } }, 'the refused one had exchanged nothing')
  const more = { user_id: id, amr: ['otp', 'mfa'], organization_id: acme.id }
  t.match(await raise(session.session_id, more, outside), forbidden)
  const back = await refresh(moved.body['refresh_token'])
  t.match(back, { status: 200, body: { organization: { id: acme.id } } }, 'back inside, where they worked before')
})

t.test('ways to sign in: a passkey is asked for, and proves itself in a step-up', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await rule(acme.id, { sign_in_methods: ['passkey'] })
  t.match(await start(id, { organization_id: acme.id }), challenge('acr_values="aal2"'))
  t.match(await start(id, { organization_id: acme.id, amr: ['pwd', 'otp', 'mfa'] }), forbidden, 'two others')
  t.match(await start(id, { amr: ['pwd', 'otp', 'mfa'] }), { status: 201, body: { organization: null } })
  t.equal((await start(id, { organization_id: acme.id, amr: ['pop', 'user', 'mfa'] })).status, 201)
  const session = await signIn(replica, id, { organization_id: null })
  t.equal((await refresh(session.refresh_token, { organization_id: acme.id })).status, 401)
  const raised = await raise(session.session_id, { user_id: id, amr: ['pop', 'mfa'], organization_id: acme.id })
  t.match(raised, { status: 200, body: { organization: { id: acme.id } } })
  t.equal((await refresh(session.refresh_token, { organization_id: acme.id })).status, 200)
})

t.test('ways to sign in: a mailed code is none beside a password', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await rule(acme.id, { sign_in_methods: ['email_code'] })
  for (const [amr, status] of [
    [['otp'], 201],
    [['pwd'], 403],
    [['pwd', 'otp', 'mfa'], 403],
  ] as const)
    t.equal((await start(id, { organization_id: acme.id, amr: [...amr] })).status, status, amr.join(' '))
})

t.test('lifetime: an older sign-in is asked for anew, and no access token outlives it', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await rule(acme.id, { session_lifetime_seconds: 3600 })
  const session = await signIn(replica, id, { organization_id: acme.id })
  await signedInAgo(session.session_id, 3550)
  const young = await refresh(session.refresh_token)
  t.match(young, { status: 200, body: { organization: { id: acme.id } } })
  const { iat, exp } = claimsOf(young.body['access_token'])
  t.ok(exp - iat <= 50 && exp > iat, `${exp - iat} s`)
  t.equal(young.body['expires_in'], exp - iat)
  await signedInAgo(session.session_id, 3601)
  const token = young.body['refresh_token']
  for (const organization of [undefined, acme.id])
    t.match(
      await refresh(token, organization === undefined ? {} : { organization_id: organization }),
      challenge('max_age="3600"'),
    )
  t.match(await refresh(token, { organization_id: null }), { status: 200 }, 'the session itself goes on')
  await rule(acme.id, undefined)
  const raised = await raise(session.session_id, { user_id: id, amr: ['pwd'], organization_id: acme.id })
  t.match(raised, { status: 200, body: { organization: { id: acme.id } } }, 'signed in just now')
})

t.test('idle: the session ends by the stricter rule, and one that lay idle before is asked for anew', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const before = await signIn(replica, id, { organization_id: acme.id })
  await rule(acme.id, { session_idle_seconds: 900 })
  await signedInAgo(before.session_id, 901)
  t.match(await refresh(before.refresh_token, { organization_id: acme.id }), challenge('max_age="900"'))
  const session = await signIn(replica, id, { organization_id: acme.id })
  const refreshed = await refresh(session.refresh_token)
  await platform.age(session.session_id, 901)
  t.match(await refresh(refreshed.body['refresh_token']), { status: 401, body: { code: 'invalid_refresh_token' } })
  const free = await signIn(replica, id, { organization_id: null })
  await platform.age(free.session_id, 901)
  t.equal((await refresh(free.refresh_token, { organization_id: null })).status, 200, 'a session for no organization')
})

t.test('rules that are taken back rule nothing', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  await rule(acme.id, { allowed_addresses: ['10.0.0.0/8'], sign_in_methods: ['passkey'] })
  t.match(await start(id, { organization_id: acme.id }), forbidden)
  await rule(acme.id, {})
  t.equal((await start(id, { organization_id: acme.id })).status, 201)
})

t.test('browsers: a token is minted inside the ranges alone; a page without the organization goes on', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const session = await signIn(replica, id, { organization_id: acme.id })
  const cookie = await boundBrowser(platform, replica, session.access_token)
  await rule(acme.id, { allowed_addresses: ['203.0.113.0/24'] })
  const mint = (address: string, body: object = {}) =>
    untilAvailable(() =>
      ask(replica, {
        method: 'POST',
        url: '/internal/browser-sessions/token',
        as: 'pages',
        headers: from(address),
        body: { cookie_value: cookie, ...body },
      }),
    )
  t.match(await mint(inside, { organization_id: acme.id }), { status: 200, body: { organization_id: acme.id } })
  t.match(await mint(outside, { organization_id: acme.id }), forbidden)
  t.match(await mint(outside), { status: 200, body: { organization_id: null } })
})

t.test('consent, code and device code: what the organization refuses by now gives a client nothing', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const body = { organization_id: acme.id }
  const { access_token: token } = await signIn(replica, id, body)
  const television = devices(platform, replica)
  const client = await registered(platform, replica, { auth_method: 'none' })
  const screen = await television.client()
  const url = (challenge?: string) => authorizeUrl(client.id, { code_challenge: challenge ?? proof().challenge })
  const consent = async (address: string) => {
    const { authorizationId } = await begin(platform, replica, url())
    const decision = { decision: 'approved', ...body }
    const at = {
      method: 'POST',
      url: `/v1/me/authorizations/${authorizationId}`,
      token,
      headers: from(address),
    } as const
    return untilAvailable(() => ask(replica, { ...at, body: decision }))
  }
  const redeem = async (meanwhile: () => Promise<void>) => {
    const { verifier, challenge } = proof()
    const code =
      (await authorize(platform, replica, { url: url(challenge), token, body })).searchParams.get('code') ?? ''
    const { device_code: deviceCode, user_code: userCode } = await television.begin(screen)
    await television.allow(token, userCode, body)
    await meanwhile()
    const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }
    const answers = [await television.post(client, '/oauth2/token', grant), await television.poll(screen, deviceCode)]
    return answers.map((answer) => [answer.statusCode, answer.json<{ error?: string }>().error])
  }
  await rule(acme.id, { allowed_addresses: ['203.0.113.0/24'] })
  t.match(await consent(outside), forbidden)
  t.equal((await consent(inside)).status, 200)
  await rule(acme.id, {})
  const accepted = [200, undefined]
  t.same(await redeem(async () => {}), [accepted, accepted])
  const refused = [400, 'invalid_grant']
  t.same(await redeem(() => rule(acme.id, { sign_in_methods: ['passkey'] })), [refused, refused])
})
