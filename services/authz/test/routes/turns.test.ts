/**
 * Work takes turns that are counted: of every route that looks at many things none is longer than its bound, and none
 * is taken for nobody. A route that is in neither list below is not known to be bounded.
 */
import { subscribe } from 'node:diagnostics_channel'
import t from 'tap'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { isOrgCaller, principalCaller } from '@gatehouse/access/callers/caller'
import { stepsPerEvaluation } from '@gatehouse/policy/compile/budget'
import { stepsPerTurn, turnsTaken, type TurnTaken } from '@gatehouse/service-kit/concurrency/turns'
import { verifyAccessToken } from '@gatehouse/test-kit/verify-token'
import { diffAccess } from '../../src/use-cases/decisions/diff-access.ts'
import { evaluateMany } from '../../src/use-cases/decisions/evaluate-many.ts'
import { explain } from '../../src/use-cases/decisions/explain.ts'
import { plan } from '../../src/use-cases/decisions/plan.ts'
import { storeEntities } from '../../src/use-cases/directory/store-entities.ts'
import { applyAuthorizationManifest } from '../../src/use-cases/manifest/apply-authorization-manifest.ts'
import { getAuthorizationManifest } from '../../src/use-cases/manifest/get-authorization-manifest.ts'
import { simulate } from '../../src/use-cases/simulation/simulate.ts'
import { invoices } from '../fixtures/catalog.ts'
import { openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica({ sampleRate: 1 })
const { org, owner } = await platform.withInvoices(replica)
const administrator = await platform.administrator(replica)
const own = `/v1/organizations/${org.id}`
const token = platform.tokenOf(owner)

/** No turn is longer than this: the part that ends it may be one whole decision. */
const longestTurn = stepsPerTurn + stepsPerEvaluation
const taken: TurnTaken[] = []
subscribe(turnsTaken.name, (turn) => void taken.push(turn as TurnTaken))

/** As long as a condition may be. */
const condition = (nth: number): string =>
  Array.from({ length: 38 }, (_, place) => `resource.department == "${nth} to ${place} of many words"`).join(' || ')
const policy = (nth: number, effect: 'allow' | 'deny' = 'deny') => ({
  key: `long-${nth}`,
  effect,
  resource_type: 'invoice',
  actions: ['read'],
  when: condition(nth),
})
const policies = (count: number, from = 0) => Array.from({ length: count }, (_, nth) => policy(from + nth))
const question = {
  subject: { type: 'user', id: owner.id },
  action: { name: 'read' },
  resource: { type: 'invoice', id: '1', properties: { department: 'x' } },
}

type Sent = { status: number; turns: readonly TurnTaken[] } & Pick<Answer, 'body'>

/** Sent again where the machine was too slow for its deadline, as a client does. */
async function send(method: 'GET' | 'POST' | 'PUT' | 'PATCH', url: string, o: { body?: object; by?: string } = {}) {
  for (;;) {
    taken.length = 0
    const { status, body } = await platform.ask(replica, { method, url, token: o.by ?? token, body: o.body })
    if (status !== 503) return { status, body, turns: [...taken] } satisfies Sent
  }
}
const inForce = 150
const prepared = await send('PUT', `${own}/authorization-manifest`, { body: { policies: policies(inForce) } })
if (prepared.status !== 200) throw new Error(JSON.stringify(prepared.body).slice(0, 500))

const saved = await send('POST', `${own}/policies`, { body: { ...policy(1_000), when: 'resource.department == "y"' } })
const savedPath = `${own}/policies/${saved.body['id'] as string}`
const { key: _key, ...content } = policy(1_001)
const shadow = async () => {
  await send('PUT', `${savedPath}/draft`, { body: content })
  await send('PUT', `${savedPath}/shadow`)
  return send('GET', `${savedPath}/shadow`)
}
const evaluations = Array.from({ length: 60 }, (_, nth) => ({ resource: { ...question.resource, id: String(nth) } }))
const entities = Array.from({ length: 1_000 }, (_, nth) => ({ id: `e-${nth}`, attributes: { risk: 'high' } }))
const application = { ...invoices, name: 'Invoices anew' }

/** Of each route that looks at many things, its dearest request; it takes as many turns as it says at least. */
const dear: { readonly [operationId: string]: { readonly least: number; send(): Promise<Sent> } } = {
  evaluateMany: {
    least: 1,
    send: () => send('POST', '/access/v1/evaluations', { body: { ...question, evaluations } }),
  },
  explain: { least: 2, send: () => send('POST', '/v1/authz/explain', { body: question }) },
  plan: {
    least: 1,
    send: () => send('POST', '/v1/authz/plan', { body: { ...question, resource: { type: 'invoice' } } }),
  },
  diffAccess: {
    least: 2,
    send: () =>
      send('POST', '/v1/authz/access-diff', { body: { subject: question.subject, from: '2020-01-01T00:00:00Z' } }),
  },
  searchSubjects: {
    least: 0,
    send: () => send('POST', '/access/v1/search/subject', { body: { ...question, subject: { type: 'user' } } }),
  },
  searchActions: {
    least: 0,
    send: () =>
      send('POST', '/access/v1/search/action', { body: { subject: question.subject, resource: question.resource } }),
  },
  storeEntities: { least: 2, send: () => send('PATCH', '/v1/authz/entities/invoice', { body: { entities } }) },
  searchResources: {
    least: 2,
    send: () =>
      send('POST', '/access/v1/search/resource', {
        body: { ...question, resource: { type: 'invoice', properties: { department: 'x' } } },
      }),
  },
  simulate: {
    least: 2,
    async send() {
      await replica.deps.decisions.flush()
      return send('POST', '/v1/authz/simulations', { body: { policy: policy(2_000) } })
    },
  },
  getAuthorizationManifest: { least: 1, send: () => send('GET', `${own}/authorization-manifest`) },
  applyAuthorizationManifest: {
    least: 5,
    send: () =>
      send('PUT', `${own}/authorization-manifest?dry_run=true`, { body: { policies: policies(inForce, 5_000) } }),
  },
  createPolicy: { least: 2, send: () => send('POST', `${own}/policies`, { body: policy(3_000, 'allow') }) },
  updatePolicy: { least: 2, send: () => send('PUT', savedPath, { body: content }) },
  putPolicyDraft: { least: 2, send: () => send('PUT', `${savedPath}/draft`, { body: content }) },
  publishPolicy: { least: 2, send: () => send('POST', `${savedPath}/publish?confirm_impact=true`) },
  rollbackPolicy: { least: 2, send: () => send('POST', `${savedPath}/rollback`, { body: { version: 1 } }) },
  getPolicyShadow: { least: 2, send: shadow },
  putApplication: {
    least: 1,
    send: () => send('PUT', '/v1/authz/catalog/invoices', { body: application, by: platform.tokenOf(administrator) }),
  },
  simulateApplication: {
    least: 2,
    send: () =>
      send('POST', '/v1/authz/catalog/invoices/simulations', {
        body: { manifest: application },
        by: platform.tokenOf(administrator),
      }),
  },
}

/** One thing, or one page of what is read as it is written. */
const plain = [
  ...['getAuthzenConfiguration', 'evaluate', 'getCatalog', 'getApplication'],
  ...['getServiceAccountRoles', 'setServiceAccountRoles', 'getMemberRoles', 'setMemberRoles'],
  ...['listRoles', 'createRole', 'getRole', 'updateRole', 'deleteRole', 'listRoleVersions'],
  ...['listGroups', 'createGroup', 'getGroup', 'updateGroup', 'deleteGroup'],
  ...['listGroupMembers', 'addGroupMember', 'removeGroupMember'],
  ...['listAssignments', 'createAssignment', 'updateAssignment', 'deleteAssignment'],
  ...['listPolicies', 'getPolicy', 'deletePolicy', 'getPolicyDraft', 'deletePolicyDraft'],
  ...['listPolicyVersions', 'getPolicyVersion', 'diffPolicyVersions', 'startPolicyShadow', 'endPolicyShadow'],
  ...['listEntities', 'getEntity', 'putEntity', 'deleteEntity'],
]

t.test('every route is known to be bounded', (t) => {
  const routes = publicRoutes.filter(({ service }) => service === 'authz').map(({ operationId }) => operationId)
  t.same([...Object.keys(dear), ...plain].sort(), routes.sort())
  t.end()
})

for (const [operationId, { least, send: sendIt }] of Object.entries(dear))
  t.test(`${operationId} takes turns, and none is longer than its bound`, async (t) => {
    const { status, body, turns } = await sendIt()
    t.ok([200, 201].includes(status), `${status} ${JSON.stringify(body).slice(0, 300)}`)
    const steps = turns.map((turn) => turn.steps)
    t.ok(turns.length >= least, `${turns.length} turns: ${JSON.stringify(turns)}`)
    t.ok(Math.max(0, ...steps) <= longestTurn, `the longest has ${Math.max(0, ...steps)} steps`)
  })

const caller = principalCaller((await verifyAccessToken(replica.deps.accessTokens, token)).claims, token)
if (!isOrgCaller(caller)) throw new Error('the owner acts for no organization')
const { deps } = replica
const cases: { readonly [name: string]: (signal: AbortSignal) => Promise<unknown> } = {
  explain: (signal) => explain(deps, caller, { request: question, signal }),
  plan: (signal) => plan(deps, caller, { request: { ...question, resource: { type: 'invoice' } }, signal }),
  evaluateMany: (signal) => evaluateMany(deps, caller, { request: { ...question, evaluations }, signal }),
  diffAccess: (signal) =>
    diffAccess(deps, caller, { request: { subject: question.subject, from: '2020-01-01T00:00:00Z' }, signal }),
  simulate: (signal) => simulate(deps, caller, { request: { policy: policy(2_001) }, signal }),
  getAuthorizationManifest: (signal) => getAuthorizationManifest(deps, caller, { signal }),
  applyAuthorizationManifest: (signal) =>
    applyAuthorizationManifest(deps, caller, {
      manifest: { policies: policies(20, 7_000) },
      dryRun: true,
      isExpected: () => true,
      signal,
    }),
  storeEntities: (signal) =>
    storeEntities(deps, caller, {
      type: 'invoice',
      entities: entities.map(({ id }) => ({ id, attributes: { risk: 'low' } })),
      placeOf: String,
      signal,
    }),
}

for (const [name, run] of Object.entries(cases))
  t.test(`${name} ends with its request: nothing is done for nobody`, async (t) => {
    const gone = new AbortController()
    let after = 0
    // Whatever it does, it is in its first turn then. What is compiled is compiled for all who ask, so it is made
    // before.
    const own = new Set(['explanation', 'plan', 'decisions', 'simulation', 'manifest', 'entities'])
    await deps.factCache.model(org.id)
    const listener = (turn: unknown): void => {
      if (!own.has((turn as TurnTaken).work)) return
      if (gone.signal.aborted) after += 1
      gone.abort(new Error('the client has gone'))
    }
    subscribe(turnsTaken.name, listener)
    t.teardown(() => void turnsTaken.unsubscribe(listener))
    await t.rejects(run(gone.signal), { message: 'the client has gone' })
    t.equal(after, 0, 'turns after that')
  })

t.test('of long bodies and long answers that come together each has a round of the event loop to itself', async (t) => {
  let round = 0
  const count = (): void => {
    round += 1
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  const pieces: { readonly work: string; readonly round: number }[] = []
  const listener = (turn: unknown): void => {
    const { work } = turn as TurnTaken
    if (work === 'body' || work === 'message') pieces.push({ work, round })
  }
  subscribe(turnsTaken.name, listener)
  t.teardown(() => {
    clearImmediate(next)
    turnsTaken.unsubscribe(listener)
  })
  const stranger = platform.join(org, platform.person())
  const long = { entities: entities.map(({ id, ...rest }) => ({ id: id.padEnd(80, '-'), ...rest })) }
  const ask = (asked: { method: 'GET' | 'PATCH'; url: string; body?: object; token: string }) =>
    Promise.all(Array.from({ length: 4 }, () => platform.ask(replica, asked)))
  const stored = await ask({
    method: 'PATCH',
    url: '/v1/authz/entities/invoice',
    body: long,
    token: platform.tokenOf(stranger),
  })
  t.same([...new Set(stored.map(({ status }) => status))], [403])
  const worksOf = () => pieces.map(({ work }) => work).sort()
  t.same(worksOf(), [...Array<string>(4).fill('body'), ...Array<string>(4).fill('message')], 'read, then checked')
  const read = await ask({ method: 'GET', url: `${own}/authorization-manifest`, token })
  t.same([...new Set(read.map(({ status }) => status))], [200])
  t.equal(worksOf().length, 12, 'an answer is written in a turn')
  t.equal(new Set(pieces.map(({ round }) => round)).size, 12, 'no two in one round')
})

t.test('what nobody waited for was not done', async (t) => {
  const stored = await send('GET', '/v1/authz/entities/invoice/e-1')
  t.match(stored.body, { attributes: { risk: 'high' } })
})
