/**
 * `POST /internal/sessions/:session/authentication`, by status code: what a session becomes when its person is
 * authenticated anew.
 */
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import { verifyAccessToken } from '@gatehouse/test-kit/verify-token'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person, organizationOf, admin } = platform
const raise = (session: string, body: object, as: 'identity' | 'gateway' = 'identity') =>
  ask(replica, {
    method: 'POST',
    url: `/internal/sessions/${session}/authentication`,
    as,
    body: { amr: ['otp', 'mfa'], organization_id: null, ...body },
  })

t.test('200: amr grows, acr rises, auth_time is now, and the session and its other tokens live on', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const signedIn = await signIn(replica, id, { organization_id: acme.id })
  await admin`update sessions set auth_time = auth_time - interval '1 hour'`
  const before = claimsOf((await platform.refresh(replica, signedIn.refresh_token)).body['access_token'])
  t.match(before, { acr: 'aal1', amr: ['pwd'] })
  const { status, body } = await raise(signedIn.session_id, { user_id: id, organization_id: acme.id })
  t.match({ status, body }, { status: 200, body: { session_id: signedIn.session_id, organization: { id: acme.id } } })
  t.notOk('refresh_token' in body)
  const claims = claimsOf(body['access_token'])
  t.match(claims, {
    sub: id,
    sid: signedIn.session_id,
    acr: 'aal2',
    amr: ['pwd', 'otp', 'mfa'],
    org_id: acme.id,
    sv: 2,
  })
  t.ok(claims.auth_time >= before.auth_time + 3600)
  t.match((await verifyAccessToken(replica.deps.accessTokens, String(body['access_token']))).claims, { acr: 'aal2' })
  t.same(await platform.announced(replica, signedIn.session_id), ['session.started.v1', 'session.raised.v1'])
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const raised = events.find(({ type }) => type.includes('session.raised'))
  t.notOk('min_sv' in (raised?.data ?? {}), 'nothing became void')
  t.match(claimsOf((await raise(signedIn.session_id, { user_id: id })).body['access_token']).amr, ['pwd', 'otp', 'mfa'])
})

t.test('200: later refreshes carry it', async (t) => {
  const { id } = person()
  const signedIn = await signIn(replica, id)
  await raise(signedIn.session_id, { user_id: id })
  const { body } = await platform.refresh(replica, signedIn.refresh_token)
  t.match(claimsOf(body['access_token']), { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] })
})

t.test('404: a session that is over, of somebody else, or unknown; an organization the person is not in', async (t) => {
  const [{ id }, other] = [person(), person()]
  const signedIn = await signIn(replica, id)
  t.equal((await raise(newId('ses'), { user_id: id })).status, 404)
  await signIn(replica, other.id)
  t.equal((await raise(signedIn.session_id, { user_id: other.id })).status, 404)
  t.equal((await raise(signedIn.session_id, { user_id: id, organization_id: newId('org') })).status, 404)
  await platform.age(signedIn.session_id, 100 * 86_400)
  t.equal((await raise(signedIn.session_id, { user_id: id })).status, 404)
})

t.test('403: a disabled person; any neighbour but identity', async (t) => {
  const { id } = person()
  const signedIn = await signIn(replica, id)
  t.equal((await raise(signedIn.session_id, { user_id: id }, 'gateway')).status, 403)
  platform.identity.announce(UserDisabled, { subject: id, version: 2, data: { user_id: id, min_uv: 2 } })
  await replica.deps.following.identity.pollNow()
  t.not((await raise(signedIn.session_id, { user_id: id })).status, 200)
})
