/**
 * The journey of a first customer, over HTTP and separate processes: register, found an organization, invite, decide,
 * change one's mind, lose a token, read the trail. Each step asserts what the person sees.
 */
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import type tap from 'tap'
import { until, type Answer, type Api } from './client.ts'
import { found, join, newAddress, newPassword, refreshed, signIn, signUp, type Person } from './people.ts'

type Test = Parameters<Parameters<(typeof tap)['test']>[0]>[0]
type Evaluation = { type?: string; id?: string; properties?: Record<string, unknown> }

const evaluate = (api: Api, person: Person, action: string, resource: Evaluation = {}): Promise<Answer> =>
  api.call('POST', '/access/v1/evaluation', {
    token: person.access,
    body: {
      subject: { type: 'user', id: person.id },
      action: { name: action },
      resource: {
        type: resource.type ?? 'invoice',
        id: resource.id ?? 'inv-1',
        ...(resource.properties ? { properties: resource.properties } : {}),
      },
    },
  })

const decodePart = (token: string, part: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()) as Record<string, unknown>

/** A token verifies against the published key set, as a resource server would do it. */
const verifiesLocally = async (api: Api, token: string): Promise<boolean> => {
  const { body } = await api.call('GET', '/.well-known/jwks.json')
  const header = decodePart(token, 0)
  const jwk = (body['keys'] as JsonWebKey[]).find((key) => key['kid'] === header['kid'])
  if (!jwk || header['alg'] !== 'ES256' || header['typ'] !== 'at+jwt') return false
  const [head, payload, signature] = token.split('.')
  return verify(
    'sha256',
    Buffer.from(`${head}.${payload}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature ?? '', 'base64url'),
  )
}

const accounts = async (t: Test, api: Api): Promise<Person> => {
  const email = newAddress('olivia')
  const password = newPassword()
  const first = await api.call('POST', '/v1/auth/register', { body: { email, password, name: 'Olivia' } })
  const again = await api.call('POST', '/v1/auth/register', { body: { email, password, name: 'Somebody else' } })
  t.equal(first.status, 202)
  t.same([again.status, again.body], [first.status, first.body], 'a known address gets the same answer')

  const early = await api.call('POST', '/v1/auth/login', { body: { email, password } })
  t.same(
    [early.status, early.body['status'], early.body['next']],
    [200, 'challenge', ['verify_email']],
    'an unproven address has one more step',
  )

  const token = await api.mailToken(email, /verify|confirm/i)
  t.equal((await api.call('POST', '/v1/auth/verify-email', { body: { token } })).status, 200)
  t.equal(
    (await api.call('POST', '/v1/auth/verify-email', { body: { token } })).body['code'],
    'invalid_token',
    'a link works once',
  )

  const person = await signIn(api, { email, password })
  t.ok(await verifiesLocally(api, person.access), 'the access token verifies against the published keys')
  t.notOk('org_id' in decodePart(person.access, 1), 'no organization yet')
  return person
}

const organization = async (t: Test, api: Api, founder: Person) => {
  const { owner, org } = await found(api, founder, 'Journey Ltd')
  t.equal(decodePart(owner.access, 1)['org_id'], org)
  t.equal(
    (await evaluate(api, owner, 'members.invite', { type: 'gatehouse', id: org })).body['decision'],
    true,
    'the decision point knows the owner at once',
  )

  const existing = await join(api, { owner, org, person: await signUp(api, 'edgar'), roles: ['member'] })
  const email = newAddress('nora')
  const password = newPassword()
  const invited = await api.call('POST', `/v1/organizations/${org}/invitations`, {
    token: owner.access,
    body: { email, roles: ['viewer', 'invoice-reader'] },
  })
  t.equal(invited.status, 201)
  const token = await api.mailToken(email, /invit/i)
  const accepted = await api.call('POST', '/v1/invitations/accept', { body: { token, name: 'Nora', password } })
  t.equal(accepted.status, 200, 'a new person accepts with a name and a password')
  t.notOk('access_token' in accepted.body, 'accepting gives no tokens')
  const fresh = await signIn(api, { email, password, organization: org })

  const members = await api.call('GET', `/v1/organizations/${org}/members`, { token: owner.access })
  t.same(
    (members.body['data'] as { user: { id: string } }[]).map((member) => member.user.id),
    [owner.id, existing.id, fresh.id],
    'members in the order they joined',
  )
  return { owner, existing, fresh, org }
}

const decisions = async (
  t: Test,
  api: Api,
  { owner, existing, fresh, org }: { owner: Person; existing: Person; fresh: Person; org: string },
) => {
  t.equal((await evaluate(api, fresh, 'read')).body['decision'], true, 'allowed by role')
  t.equal((await evaluate(api, fresh, 'create')).body['decision'], false, 'denied by role')
  t.equal((await evaluate(api, existing, 'create')).body['decision'], false, 'not yet')

  const role = await api.call('POST', `/v1/organizations/${org}/roles`, {
    token: owner.access,
    body: { key: 'bookkeeper', name: 'Bookkeeper', permissions: ['invoice:create'], inherits: ['invoice-clerk'] },
  })
  t.equal(role.status, 201)
  const rolesOf = `/v1/organizations/${org}/members/${existing.id}/roles`
  t.equal(
    (await api.call('PUT', rolesOf, { token: owner.access, body: { roles: ['member', 'bookkeeper'] } })).status,
    200,
  )
  t.equal((await evaluate(api, existing, 'create')).body['decision'], true, 'the same access token, the other answer')

  const attributes = { department: 'sales', approval_limit: 1000 }
  t.equal(
    (
      await api.call('PATCH', `/v1/organizations/${org}/members/${existing.id}`, {
        token: owner.access,
        body: { attributes },
      })
    ).status,
    200,
  )
  const approve = (properties: Record<string, unknown>) => evaluate(api, existing, 'approve', { properties })
  const allowed = await until('the attributes to reach the decision point', async () => {
    const answer = await approve({ department: 'sales', amount: 400 })
    return answer.body['decision'] === true && answer
  })
  t.match(
    allowed.body['context'],
    { reason: { policy: 'approve-in-own-department' } },
    'a condition over resource and membership decides',
  )
  t.equal((await approve({ department: 'sales', amount: 4000 })).body['decision'], false, 'above the limit')
  t.equal((await approve({ department: 'sales' })).body['decision'], false, 'a missing attribute never grants')
  t.equal(
    (await evaluate(api, existing, 'update', { properties: { status: 'paid' } })).body['decision'],
    false,
    'a deny outranks the role',
  )

  t.equal((await api.call('PUT', rolesOf, { token: owner.access, body: { roles: ['member'] } })).status, 200)
  t.equal((await evaluate(api, existing, 'create')).body['decision'], false, 'and back, with the same token')
}

const removal = async (
  t: Test,
  api: Api,
  { owner, existing, org }: { owner: Person; existing: Person; org: string },
) => {
  const withoutOrganization = await signIn(api, { ...existing, organization: null })
  t.equal(
    (await api.call('DELETE', `/v1/organizations/${org}/members/${existing.id}`, { token: owner.access })).status,
    204,
  )
  const refused = await until(
    'the gateway to refuse',
    async () => {
      const answer = await evaluate(api, existing, 'read')
      return answer.status === 401 && answer
    },
    1000,
  )
  t.equal(refused.body['code'], 'token_revoked')
  t.equal(
    (await api.call('GET', '/v1/me', { token: withoutOrganization.access })).status,
    200,
    'their token without organization still works',
  )
  t.equal((await refreshed(api, withoutOrganization)).id, existing.id)
}

const refreshing = async (t: Test, api: Api, person: Person, graceMs: number) => {
  const other = await signIn(api, person)
  const once = await refreshed(api, other)
  const twice = await refreshed(api, other)
  t.equal(twice.refresh, once.refresh, 'inside the grace the old token gives the identical successor')
  const next = await refreshed(api, once)
  const reused = await api.call('POST', '/v1/auth/refresh', { body: { refresh_token: other.refresh } })
  t.same(
    [reused.status, reused.body['code']],
    [401, 'invalid_refresh_token'],
    'after the successor was used it is an alarm',
  )
  t.equal(
    (await api.call('POST', '/v1/auth/refresh', { body: { refresh_token: next.refresh } })).status,
    401,
    'the family is dead',
  )
  await until(
    'the gateway to refuse',
    async () => (await api.call('GET', '/v1/me', { token: next.access })).status === 401,
    1000,
  )
  await until('the alert', async () => (await api.mailCount(person.email, /ended one of your sessions/i)) > 0)

  const late = await signIn(api, person)
  const rotated = await refreshed(api, late)
  await new Promise((resolve) => setTimeout(resolve, graceMs + 200))
  t.equal(
    (await api.call('POST', '/v1/auth/refresh', { body: { refresh_token: late.refresh } })).status,
    401,
    'after the grace as well',
  )
  t.equal((await api.call('POST', '/v1/auth/refresh', { body: { refresh_token: rotated.refresh } })).status, 401)
}

const endingSessions = async (t: Test, api: Api, person: Person) => {
  const here = await signIn(api, person)
  const there = await signIn(api, person)
  const sessions = await api.call('GET', '/v1/me/sessions', { token: here.access })
  const listed = sessions.body['data'] as { id: string; current: boolean }[]
  t.same(
    listed.filter((session) => session.current).map((session) => session.id),
    [here.session],
  )
  t.ok(listed.some((session) => session.id === there.session))
  t.equal((await api.call('DELETE', `/v1/me/sessions/${there.session}`, { token: here.access })).status, 204)
  const after = await until(
    'the gateway to refuse',
    async () => {
      const answer = await api.call('GET', '/v1/me', { token: there.access })
      return answer.status === 401 && answer
    },
    1000,
  )
  t.equal(after.body['code'], 'token_revoked')
  t.equal((await api.call('GET', '/v1/me', { token: here.access })).status, 200, 'the other session lives on')
}

type AuditEvent = {
  action: string
  actor: { type: string; id: string }
  target: { type: string; id: string }
  request_id: string
  client_address: string
  occurred_at: string
}

const trail = async (t: Test, api: Api, { owner, existing, org }: { owner: Person; existing: Person; org: string }) => {
  const wanted = [
    'organization.created',
    'membership.created',
    'invitation.created',
    'invitation.accepted',
    'role.created',
    'member_roles.changed',
    'membership.updated',
    'membership.removed',
  ]
  const events = await until('the trail to be complete', async () => {
    const answer = await api.call('GET', `/v1/organizations/${org}/audit-events?limit=200`, { token: owner.access })
    const data = answer.body['data'] as AuditEvent[] | undefined
    return data && wanted.every((action) => data.some((event) => event.action === action)) && data
  })
  t.same(
    events.map((event) => event.occurred_at),
    events.map((event) => event.occurred_at).sort(),
    'in order',
  )
  t.equal(events[0]?.action, 'organization.created')
  const removed = events.find((event) => event.action === 'membership.removed')
  t.match(removed, {
    actor: { type: 'user', id: owner.id },
    target: { type: 'membership' },
    client_address: /^(127\.0\.0\.1|::1)$/,
    request_id: /.+/,
  })

  const mine = await until('my own activity', async () => {
    const answer = await api.call('GET', '/v1/me/activity?limit=200', {
      token: (await signIn(api, { ...existing, organization: null })).access,
    })
    const data = answer.body['data'] as AuditEvent[] | undefined
    return data?.some((event) => event.action === 'user.registered') && data
  })
  t.ok(mine.some((event) => event.action === 'session.started'))

  const stranger = await found(api, await signUp(api, 'sam'), 'Elsewhere Ltd')
  const peek = await api.call('GET', `/v1/organizations/${org}/audit-events`, { token: stranger.owner.access })
  t.equal(peek.status, 404, 'another organization’s admin sees none of it')
  const theirs = await api.call('GET', `/v1/organizations/${stranger.org}/audit-events`, {
    token: stranger.owner.access,
  })
  t.notMatch(JSON.stringify(theirs.body), new RegExp(org), 'nor in their own trail')
}

/** The whole journey; `graceMs` is the refresh grace the platform runs with. */
export const journey = async (t: Test, api: Api, { graceMs }: { graceMs: number }): Promise<void> => {
  const founder = await accounts(t, api)
  const house = await organization(t, api, founder)
  await decisions(t, api, house)
  await removal(t, api, house)
  await trail(t, api, house)
  await refreshing(t, api, house.fresh, graceMs)
  await endingSessions(t, api, house.owner)
}
