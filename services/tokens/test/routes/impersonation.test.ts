/**
 * `POST /v1/platform/users/:user/impersonate`: who may, what the token says, whom it is told to, and how it ends. What
 * the token opens is swept in libs/access.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import t from 'tap'
import { claimsOf, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person, organizationOf, decisions } = platform
const reason = 'Ticket 4711'
const operator = person()
const operatorToken = (await signIn(replica, operator.id)).access_token
const impersonate = (userId: string, body: object = {}, token = operatorToken): Promise<Answer> =>
  ask(replica, {
    method: 'POST',
    url: `/v1/platform/users/${userId}/impersonate`,
    token,
    body: { reason, ...body },
  })
const sessionsOf = async (token: string) =>
  (await ask(replica, { method: 'GET', url: '/v1/me/sessions', token })).body['data'] as {
    id: string
    current: boolean
    impersonated_by: string | null
  }[]

t.test('201: the token names both, lives for minutes, and there is nothing to refresh it with', async (t) => {
  const ann = person()
  const acme = organizationOf(ann.id)
  const { status, body } = await impersonate(ann.id, { minutes: 5, organization_id: acme.id })
  t.equal(status, 201)
  t.notOk('refresh_token' in body)
  const claims = claimsOf(body['access_token'])
  t.match(claims, { sub: ann.id, act: { sub: operator.id }, sid: body['session_id'], org_id: acme.id })
  t.equal(claims.exp - claims.iat, 300)
  const longest = claimsOf((await impersonate(ann.id)).body['access_token'])
  t.equal(longest.exp - longest.iat, 900, 'no longer than a quarter of an hour')
  t.notOk('org_id' in longest, 'for no organization unless one is named')
  t.ok(decisions.asked.some(({ by, what }) => by === operator.id && what === 'gatehouse:users.impersonate'))
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const about = events.filter(({ subject }) => subject === body['session_id'])
  t.match(about, [
    {
      type: 'gatehouse.tokens.impersonation.begun.v1',
      userid: ann.id,
      orgid: acme.id,
      actor: `user:${operator.id}`,
      data: { user_id: ann.id, impersonated_by: operator.id, organization_id: acme.id, reason },
    },
  ])
})

t.test('204: the person sees it among their sessions and ends it; whoever holds the token does as well', async (t) => {
  const ann = person()
  const own = (await signIn(replica, ann.id)).access_token
  const first = (await impersonate(ann.id)).body
  t.match(await sessionsOf(own), [
    { id: first['session_id'], current: false, impersonated_by: operator.id },
    { current: true, impersonated_by: null },
  ])
  const url = `/v1/me/sessions/${String(first['session_id'])}`
  t.equal((await ask(replica, { method: 'DELETE', url, token: own })).status, 204)
  const second = (await impersonate(ann.id)).body
  const token = String(second['access_token'])
  t.equal((await ask(replica, { method: 'POST', url: '/v1/auth/logout', token })).status, 204)
  t.same((await sessionsOf(own)).length, 1, 'their own goes on')
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const ended = events.filter(({ type, userid }) => type.endsWith('session.ended.v1') && userid === ann.id)
  t.match(ended, [
    { actor: `user:${ann.id}`, data: { session_id: first['session_id'], reason: 'revoked' } },
    { actor: `user:${operator.id}`, data: { session_id: second['session_id'], reason: 'logout' } },
  ])
})

t.test('403: what changes or is the platform’s, as the token that names an operator', async (t) => {
  const ann = person()
  const token = String((await impersonate(ann.id)).body['access_token'])
  for (const [method, url] of [
    ['POST', '/v1/me/sessions/revoke-others'],
    ['DELETE', `/v1/me/sessions/${newId('ses')}`],
    ['GET', '/v1/platform/keys'],
  ] as const)
    t.match(await ask(replica, { method, url, token }), { status: 403, body: { code: 'impersonation_refused' } }, url)
  t.match(await impersonate(operator.id, {}, token), { status: 403, body: { code: 'impersonation_refused' } })
})

t.test('403, 404, 409, 400: no permission, nobody, oneself, who may not sign in, too long, no reason', async (t) => {
  const ann = person()
  decisions.denied.add('gatehouse:users.impersonate')
  t.equal((await impersonate(ann.id)).status, 403)
  decisions.denied.clear()
  t.equal((await impersonate(ann.id, { organization_id: newId('org') })).status, 404)
  t.match(await impersonate(operator.id), { status: 409, body: { code: 'conflict' } })
  for (const bad of [{ minutes: 16 }, { minutes: 0 }, { reason: '' }, { reason: undefined }])
    t.equal((await impersonate(ann.id, bad)).status, 400)
  await impersonate(ann.id)
  platform.identity.announce(UserDisabled, {
    subject: ann.id,
    version: 2,
    data: { user_id: ann.id, min_uv: 2, reason },
  })
  await replica.deps.following.identity.pollNow()
  t.match(await impersonate(ann.id), { status: 409, body: { code: 'conflict' } })
})
