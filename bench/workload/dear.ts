/** The dearest request of each kind in the API, as one organization could send it. */
import type { Api } from '../../tests/platform/client.ts'
import { newAddress, signIn } from '../../tests/platform/people.ts'
import type { PlatformFile } from '../../tests/platform/platform-file.ts'

export type Dear = { readonly kind: string; readonly send: (() => Promise<number>) | undefined }

export type Attacker = {
  token: string
  org: string
  user: string
  email: string
  type: string
  /** Of a service account of theirs, which may ask about people and say how they signed in. */
  key: string
}

const policiesInForce = 400
/** As long as a condition may be, with as many nodes. */
const longCondition = (nth: number): string =>
  Array.from({ length: 38 }, (_, place) => `resource.status == "${nth} to ${place} of many words"`).join(' || ')

const policy = (type: string, nth: number): object => ({
  key: `dear-${nth}`,
  effect: 'deny',
  resource_type: type,
  actions: ['read'],
  when: longCondition(nth),
})

/** A membership test within a quantifier: it multiplies as nested quantifiers would. */
const worst = (type: string): object => ({
  key: 'worst',
  effect: 'deny',
  resource_type: type,
  actions: ['read'],
  when: 'request.amr.exists(x, !(x in request.amr))',
})

async function makeKey(api: Api, o: { org: string; token: string }): Promise<string> {
  const accounts = `/v1/organizations/${o.org}/service-accounts`
  const call = (method: string, path: string, body: object) => api.call(method, path, { token: o.token, body })
  const { id } = (await call('POST', accounts, { name: 'Asks about others' })).body
  const given = await call('PUT', `${accounts}/${String(id)}/roles`, { roles: ['evaluator'] })
  if (given.status !== 200) throw new Error(`the role of the account: ${given.status}`)
  return String((await call('POST', `${accounts}/${String(id)}/keys`, {})).body['key'])
}

/** An organization with as many policies as the row about saving one speaks of. */
export async function prepareDear(api: Api, platform: PlatformFile): Promise<Attacker> {
  const [owner] = platform.demo.other.users
  if (!owner) throw new Error('the demo has no other organization')
  const org = platform.demo.other.organization_id
  const type = platform.demo.catalog.resource_type
  const { access: token } = await signIn(api, { ...owner, organization: org })
  // A step at a time, again where the machine was too slow: what was parsed is remembered.
  for (let count = 0; count <= policiesInForce;) {
    const policies = [worst(type), ...Array.from({ length: count }, (_, nth) => policy(type, nth))]
    const path = `/v1/organizations/${org}/authorization-manifest`
    const { status, body } = await api.call('PUT', path, { token, body: { policies } })
    if (status === 200) count += 50
    else if (status !== 503) throw new Error(`the policies: ${status} ${JSON.stringify(body).slice(0, 500)}`)
  }
  return { token, org, user: owner.id, email: owner.email, type, key: await makeKey(api, { org, token }) }
}

type Sender = {
  readonly attacker: Attacker
  /** Rises with each request, so that no two are the same. */
  turn(): number
  send(method: string, path: string | (() => string), body?: () => unknown): () => Promise<number>
  /** As `application/x-ndjson`. */
  sendLines(method: string, path: string, items: () => object[]): () => Promise<number>
  /** By nobody. */
  open(path: string, body: () => unknown): () => Promise<number>
}

function createSender(api: Api, attacker: Attacker): Sender {
  let turn = 0
  return {
    attacker,
    turn: () => turn,
    send: (method, path, body) => async () => {
      turn += 1
      const at = typeof path === 'string' ? path : path()
      return (await api.call(method, at, { token: attacker.token, ...(body && { body: body() }) })).status
    },
    sendLines: (method, path, items) => async () => {
      turn += 1
      const raw = items().map((item) => JSON.stringify(item))
      const headers = { 'content-type': 'application/x-ndjson' }
      return (await api.call(method, path, { token: attacker.token, raw: raw.join('\n'), headers })).status
    },
    open: (path, body) => async () => {
      turn += 1
      return (await api.call('POST', path, { body: body() })).status
    },
  }
}

export function dearestRequests(api: Api, attacker: Attacker): Dear[] {
  const sender = createSender(api, attacker)
  return [
    ...dearQuestions(sender),
    ...dearOfApplications(api, attacker),
    ...dearWrites(sender),
    ...dearReads(sender),
    ...dearOfStrangers(sender),
  ]
}

/** As an application asks, which says of people how they signed in. */
function dearOfApplications(api: Api, { user, type, key }: Attacker): Dear[] {
  const texts = (length: number) => Array.from({ length }, (_, nth) => `n${nth}`)
  const evaluations = Array.from({ length: 40 }, (_, nth) => ({ resource: { type, id: `r-${nth}` } }))
  const asked = { subject: { type: 'user', id: user }, action: { name: 'read' } }
  const send = (path: string, body: object) => async () => (await api.call('POST', path, { token: key, body })).status
  const batch = (length: number) =>
    send('/access/v1/evaluations', { ...asked, evaluations, context: { amr: texts(length) } })
  const one = { ...asked, resource: { type, id: 'r', properties: { status: 'x'.repeat(20_000) } } }
  return [
    { kind: 'the worst policy, 8,000 strings, 40 questions', send: batch(8_000) },
    { kind: 'the worst policy, 1,000 strings, 40 questions', send: batch(1_000) },
    { kind: 'an evaluation with a text of 20 kB', send: send('/access/v1/evaluation', one) },
  ]
}

function dearQuestions({ attacker: { user, type }, send }: Sender): Dear[] {
  const subject = { type: 'user', id: user }
  const question = { subject, action: { name: 'read' }, resource: { type, id: 'r', properties: { status: 'x' } } }
  const evaluations = Array.from({ length: 400 }, (_, nth) => ({
    resource: { type, id: `r-${nth}`, properties: { status: 'x' } },
  }))
  const ask = (path: string, body: object) => send('POST', path, () => ({ ...question, ...body }))
  return [
    { kind: 'an evaluation by 400 policies', send: ask('/access/v1/evaluation', {}) },
    { kind: 'a batch of 400 by 400 policies', send: ask('/access/v1/evaluations', { evaluations }) },
    { kind: 'an explanation', send: ask('/v1/authz/explain', {}) },
    { kind: 'a plan', send: ask('/v1/authz/plan', { resource: { type } }) },
    {
      kind: 'a plan with its SQL',
      send: ask('/v1/authz/plan', { resource: { type }, columns: { status: 'd.status' } }),
    },
    {
      kind: 'a comparison of access',
      send: send('POST', '/v1/authz/access-diff', () => ({ subject, from: '2020-01-01T00:00:00Z' })),
    },
    {
      kind: 'an explanation with a text of 20 kB',
      send: ask('/v1/authz/explain', { resource: { type, id: 'r', properties: { status: 'x'.repeat(20_000) } } }),
    },
    {
      kind: 'a search of actions',
      send: send('POST', '/access/v1/search/action', () => ({ subject, resource: question.resource })),
    },
    { kind: 'a search of subjects', send: ask('/access/v1/search/subject', { subject: { type: 'user' } }) },
    { kind: 'a search of resources', send: ask('/access/v1/search/resource', { resource: { type } }) },
    { kind: 'a text of 30 kB, deep', send: ask('/access/v1/evaluation', { context: { deep: '['.repeat(30_000) } }) },
  ]
}

function dearWrites({ attacker: { org, type }, send, sendLines, turn }: Sender): Dear[] {
  const own = `/v1/organizations/${org}`
  const manifest = () => ({ policies: Array.from({ length: 450 }, (_, nth) => policy(type, turn() * 1_000 + nth)) })
  const attributes = () => ({ turn: String(turn()) })
  const manyEntities = (length: number) =>
    Array.from({ length }, (_, nth) => ({ id: `e-${nth}`, attributes: attributes() }))
  const entities = () => ({ entities: manyEntities(1_000) })
  const entity = () => `/v1/authz/entities/thing/e-${turn()}`
  const role = () => ({ key: `dear-${turn()}`, name: 'r', permissions: [`${type}:read`] })
  const invitation = () => ({ email: newAddress('dear'), roles: ['viewer'] })
  return [
    { kind: 'one policy saved', send: send('POST', `${own}/policies`, () => policy(type, 1_000 + turn())) },
    {
      kind: 'a manifest of 450 policies, dry',
      send: send('PUT', `${own}/authorization-manifest?dry_run=true`, manifest),
    },
    {
      kind: 'a manifest without policies, dry',
      send: send('PUT', `${own}/authorization-manifest?dry_run=true`, () => ({ policies: [] })),
    },
    { kind: 'a simulation', send: send('POST', '/v1/authz/simulations', () => ({ policy: policy(type, turn()) })) },
    { kind: '1,000 entities', send: send('PATCH', '/v1/authz/entities/thing', entities) },
    {
      kind: '10,000 entities as lines',
      send: sendLines('PATCH', '/v1/authz/entities/thing', () => manyEntities(10_000)),
    },
    { kind: 'one entity', send: send('PUT', entity, () => ({ attributes: attributes() })) },
    { kind: 'a role', send: send('POST', `${own}/roles`, role) },
    { kind: 'an invitation', send: send('POST', `${own}/invitations`, invitation) },
  ]
}

function dearReads({ attacker: { org }, send }: Sender): Dear[] {
  const own = `/v1/organizations/${org}`
  return [
    { kind: 'the manifest read', send: send('GET', `${own}/authorization-manifest`) },
    { kind: 'a page of policies', send: send('GET', `${own}/policies?limit=100`) },
    { kind: 'a page of roles', send: send('GET', `${own}/roles?limit=100`) },
    { kind: 'a page of entities', send: send('GET', '/v1/authz/entities/thing?limit=100') },
    { kind: 'a page of assignments', send: send('GET', `${own}/assignments?limit=100`) },
    { kind: 'a page of the audit', send: send('GET', `${own}/audit-events?limit=100`) },
    { kind: 'a page of members', send: send('GET', `${own}/members?limit=100`) },
  ]
}

function dearOfStrangers({ attacker: { email }, open, turn }: Sender): Dear[] {
  const registration = () => ({
    email: newAddress('dear'),
    password: 'p4$$w0rd1|!7+'.repeat(78),
    name: 'a bc def ghi jkl mno pqr stu vwx yza bcd efg hij',
  })
  return [
    { kind: 'a registration, dear password', send: open('/v1/auth/register', registration) },
    {
      kind: 'a sign-in, wrong password',
      send: open('/v1/auth/login', () => ({ email, password: `wrong-password-${turn()}` })),
    },
    { kind: 'a refresh, no token', send: open('/v1/auth/refresh', () => ({ refresh_token: `gthr_${turn()}` })) },
  ]
}
