/**
 * Recorded decisions and what is asked of them: simulations, shadows, the threshold of publishing; by status code, and
 * what is left out of records.
 */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import type { Answered } from '../../src/domain/recorded-decision.ts'
import { createDecisionRecorder, mostWaiting } from '../../src/decision-log/decision-recorder.ts'
import { openPlatform, type Answer, type Member, type Replica } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const [recording, quiet] = [await platform.replica({ sampleRate: 1 }), await platform.replica()]
const { org, owner } = await platform.withInvoices(recording)
const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
const nobody = platform.join(org, platform.person())
const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })

const loan = {
  key: 'loan',
  attributes: {
    sum: { type: 'number', provenance: ['caller'] },
    salary: { type: 'number', provenance: ['caller'], sensitive: true },
  },
  actions: [{ name: 'grant' }, { name: 'see' }],
}
const roles = [
  { key: 'loan-seer', name: 'Sees loans', permissions: ['loan:see'] },
  { key: 'loan-clerk', name: 'Asks', permissions: [] },
]
const administrator = await platform.administrator(recording)
const declared = await platform.ask(recording, {
  method: 'PUT',
  url: '/v1/authz/catalog/loans',
  token: platform.tokenOf(administrator),
  body: { name: 'Loans', resource_types: [loan], roles, policies: [] },
})
if (declared.status !== 200) throw new Error(JSON.stringify(declared.body))

type Asking = { action?: string; type?: string; properties?: object; context?: object; on?: Replica }
const ask = (member: Member, { action = 'grant', type = 'loan', properties, context, on = recording }: Asking = {}) =>
  platform.askAtOnce(on, {
    method: 'POST',
    url: '/access/v1/evaluation',
    token: platform.tokenOf(member),
    body: {
      subject: { type: 'user', id: member.id },
      action: { name: action },
      resource: { type, id: '1', ...(properties && { properties }) },
      ...(context && { context }),
    },
  })
const call = (
  member: Member,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  url: string,
  body?: unknown,
): Promise<Answer> =>
  platform.ask(recording, { method, url, token: platform.tokenOf(member), ...(body === undefined ? {} : { body }) })
const simulate = (body: object, member = owner) => call(member, 'POST', '/v1/authz/simulations', body)
const policies = `/v1/organizations/${org.id}/policies`
const rule = (more: object = {}) => ({ effect: 'allow', resource_type: 'loan', actions: ['grant'], ...more })
const recordedRows = async (orgId = org.id) => {
  await Promise.all([recording, quiet].map(({ deps }) => deps.decisions.flush()))
  return inScope(recording.deps.db, { orgId }, async (tx) =>
    rowsOf<Record<string, unknown>>(await tx.execute(sql`select * from decisions order by decided_at, id`)),
  )
}
const forget = () => platform.database.connect('authz', 'owner').execute(sql`truncate authz.decisions`)
/** A policy in force that allows nothing yet, with a draft beside it. */
async function drafted(key: string, more: object): Promise<string> {
  const { body } = await call(owner, 'POST', policies, { key, ...rule({ when: 'resource.sum < 0' }) })
  const path = `${policies}/${body['id'] as string}`
  t.equal((await call(owner, 'PUT', `${path}/draft`, rule(more))).status, 200)
  return path
}

t.test(
  'a decision is recorded with what it was made from; what is sensitive, and what nobody could change, is not',
  async (t) => {
    const clerk = platform.join(org, platform.person(), { roles: ['loan-clerk'], attributes: { department: 'sales' } })
    for (let time = 0; time < 2; time += 1)
      t.equal((await ask(clerk, { properties: { sum: 5, salary: 98765.4321, colour: 'vermilion' } })).status, 200)
    await platform.askAtOnce(recording, {
      method: 'POST',
      url: '/access/v1/evaluations',
      token: platform.tokenOf(clerk),
      body: {
        subject: { type: 'user', id: clerk.id },
        action: { name: 'see' },
        evaluations: [{ resource: { type: 'loan', id: '2' } }, { resource: { type: 'planet', id: '2' } }, {}],
      },
    })
    await ask(clerk, { type: 'planet' })
    await ask(clerk, { action: 'fly' })
    await ask(clerk, { context: { at: new Date(Date.now() - 1).toISOString() } })
    await ask(clerk, { properties: { sum: 'x' } })
    const rows = await recordedRows()
    t.equal(rows.length, 3)
    t.match(rows[0], {
      subject_type: 'user',
      subject_id: clerk.id,
      resource_type: 'loan',
      resource_id: '1',
      action: 'grant',
      roles: ['loan-clerk'],
      allowed: false,
      reason: { code: 'not_granted' },
    })
    t.match(rows[0]?.['attributes'], {
      resource: { id: '1', type: 'loan', sum: 5 },
      membership: { department: 'sales', is_owner: false },
      user: { id: clerk.id },
      request: { acr: '1' },
    })
    t.same(new Set(rows[0]?.['withheld'] as string[]), new Set(['resource.salary']))
    t.notMatch(JSON.stringify(rows), /98765.4321|vermilion/)
    t.match(rows[2], { action: 'see', resource_id: '2' })
    t.same(await recordedRows(stranger.orgId), [], 'another organization sees none of them')
  },
)

t.test('200: every decision that would turn round, by organization, role and permission, with examples', async (t) => {
  await forget()
  const people = { clerk: ['loan-clerk'], seer: ['loan-seer'], both: ['loan-clerk', 'loan-seer'] }
  const members = Object.fromEntries(
    Object.entries(people).map(([name, roles]) => [name, platform.join(org, platform.person(), { roles })]),
  ) as Record<keyof typeof people, Member>
  for (const member of Object.values(members)) for (const sum of [1, 5, 50]) await ask(member, { properties: { sum } })
  for (const member of Object.values(members)) await ask(member, { action: 'see' })
  await recordedRows()
  t.match(
    (await simulate({ policy: { key: 'try', ...rule({ when: 'resource.sum < 10', roles: ['loan-clerk'] }) } })).body,
    {
      policy: 'try',
      replayed: 9,
      not_replayable: 0,
      newly_allowed: 4,
      newly_denied: 0,
      by_organization: [{ organization_id: org.id, newly_allowed: 4, newly_denied: 0 }],
      by_role: [
        { role: 'loan-clerk', newly_allowed: 4 },
        { role: 'loan-seer', newly_allowed: 2 },
      ],
      by_permission: [{ permission: 'loan:grant', newly_allowed: 4 }],
    },
  )
  const denying = await simulate({
    policy: {
      key: 'no',
      effect: 'deny',
      resource_type: 'loan',
      actions: ['see', 'grant'],
      when: 'membership.roles.exists(r, r == "loan-clerk")',
    },
  })
  t.match(denying.body, {
    replayed: 12,
    newly_denied: 1,
    by_permission: [{ permission: 'loan:see', newly_allowed: 0, newly_denied: 1 }],
  })
  t.match(denying.body['examples'], [
    {
      subject: { id: members.both.id },
      resource: { type: 'loan', id: '1' },
      action: 'see',
      before: { decision: true, reason: { role: 'loan-seer' } },
      after: { decision: false, reason: { policy: 'no' } },
    },
  ])
  t.match(
    (await simulate({ policy: { key: 'salary', ...rule({ when: 'resource.salary > 10' }) } })).body,
    { replayed: 9, not_replayable: 0 },
    'what was never said is known to be missing',
  )
  await ask(members.clerk, { properties: { salary: 50 } })
  await recordedRows()
  t.match(
    (await simulate({ policy: { key: 'salary', ...rule({ when: 'resource.salary > 10' }) } })).body,
    { replayed: 9, not_replayable: 1, newly_allowed: 0 },
    'what was left out is not guessed',
  )
  t.match((await simulate({ policy: { key: 'all', ...rule() }, limit: 2 })).body, { replayed: 2, newly_allowed: 2 })
  t.match((await simulate({ policy: { key: 'all', ...rule() }, until: '2020-01-01T00:00:00Z' })).body, {
    replayed: 0,
    examples: [],
  })
  t.match(
    (await simulate({ policy: { key: 'all', ...rule() } }, stranger)).body,
    { replayed: 0 },
    'nobody else’s decisions',
  )
})

t.test('400, 403, 404: what cannot be simulated', async (t) => {
  const path = await drafted('simulated', { when: 'resource.sum < 3' })
  const id = path.split('/').at(-1)
  t.match((await simulate({ policy_id: id })).body, { policy: 'simulated', replayed: 10 })
  t.equal((await simulate({ policy_id: id }, stranger)).status, 404)
  t.equal((await simulate({ policy_id: newId('pol') })).status, 404)
  t.equal((await simulate({ policy_id: id }, nobody)).status, 403)
  t.match((await simulate({})).body, { code: 'validation_failed' })
  t.match((await simulate({ policy_id: id, policy: { key: 'x', ...rule() } })).body, { code: 'validation_failed' })
  for (const more of [
    { when: 'resource.sum <' },
    { when: 'resource.moon == 1' },
    { actions: ['fly'] },
    { resource_type: 'planet' },
  ])
    t.match((await simulate({ policy: { key: 'x', ...rule(more) } })).body, { status: 400, code: 'invalid_policy' })
  t.equal((await simulate({ policy_id: id, limit: 100_001 })).status, 400)
  t.equal((await simulate({ policy_id: id, since: 'yesterday' })).status, 400)
})

t.test(
  '409 impact_above_threshold: a draft that would turn too much round is published only when that is confirmed',
  async (t) => {
    await forget()
    const path = await drafted('generous', { when: 'resource.sum < 10' })
    for (let sum = 0; sum < 19; sum += 1) await ask(nobody, { properties: { sum } })
    await recordedRows()
    const publish = (query = '') => call(owner, 'POST', `${path}/publish${query}`)
    t.equal((await call(viewer, 'POST', `${path}/publish`)).status, 403)
    await ask(nobody, { properties: { sum: 100 } })
    await recordedRows()
    t.match((await publish()).body, {
      status: 409,
      code: 'impact_above_threshold',
      detail: /Of 20 recorded decisions 10 would be allowed and 0 denied/,
    })
    t.equal((await call(owner, 'GET', `${path}/draft`)).status, 200, 'it stays a draft')
    t.match(await publish('?confirm_impact=true'), { status: 200, body: { version: 2, when: 'resource.sum < 10' } })
    t.equal((await call(owner, 'PUT', `${path}/draft`, rule({ when: 'resource.sum < 11' }))).status, 200)
    t.match(await publish(), { status: 200, body: { version: 3 } }, 'one in twenty may')
    t.match(
      (await simulate({ policy: { key: 'generous', ...rule({ when: 'resource.sum < 2' }) } })).body,
      { newly_allowed: 0, newly_denied: 9 },
      'it takes the place of the one in force',
    )
  },
)

t.test('a shadowing draft has every decision it is about recorded, on every replica, and no part in any', async (t) => {
  await forget()
  const path = await drafted('shadowed', { when: 'resource.sum == 77' })
  const shadow = `${path}/shadow`
  const asked = async (on: Replica) => (await ask(nobody, { properties: { sum: 77 }, on })).body['decision']
  t.equal((await call(owner, 'GET', shadow)).status, 404)
  t.equal(await asked(quiet), false)
  t.equal((await recordedRows()).length, 0)
  t.equal((await call(viewer, 'PUT', shadow)).status, 403)
  t.equal((await call(stranger, 'PUT', shadow)).status, 404)
  t.match(await call(owner, 'PUT', shadow), { status: 200, body: { started_at: String, ends_at: String } })
  await waitUntil(
    'the other replica records',
    async () => (await asked(quiet)) === false && (await recordedRows()).length > 0,
    5000,
  )
  await ask(nobody, { action: 'see', on: quiet })
  const seen = (await recordedRows()).length
  t.match(
    (await call(owner, 'GET', shadow)).body,
    { report: { policy: 'shadowed', replayed: seen, newly_allowed: seen, newly_denied: 0 } },
    'what it is about, and nothing else',
  )
  t.equal((await call(owner, 'DELETE', shadow)).status, 204)
  t.equal((await call(owner, 'DELETE', shadow)).status, 404)
  t.equal((await call(owner, 'PUT', shadow)).status, 200)
  t.equal((await call(owner, 'POST', `${path}/publish?confirm_impact=true`)).status, 200)
  t.equal((await call(owner, 'GET', shadow)).status, 404, 'it ends with its draft')
  t.equal((await call(owner, 'PUT', shadow)).status, 404)
  t.equal((await call(owner, 'PUT', `${path}/draft`, rule())).status, 200)
  t.equal((await call(owner, 'GET', shadow)).status, 404, 'another draft has a shadow of its own')
})

t.test('too many at once, or a database that is away, cost records and never an answer', async (t) => {
  await forget()
  const seen: Answered[] = []
  const { note } = quiet.deps.decisions
  quiet.deps.decisions.note = (answered) => seen.push(answered)
  await ask(nobody, { on: quiet })
  quiet.deps.decisions.note = note
  const one = seen[0] as Answered
  const full = createDecisionRecorder({ system: recording.deps.system, log, clock: systemClock, sampleRate: 1 })
  for (let times = 0; times < mostWaiting + 500; times += 1) full.note(one)
  await full.stop()
  t.equal((await recordedRows()).length, mostWaiting)
  await forget()
  let isAway = true
  const failing = {
    execute: (...given: Parameters<typeof recording.deps.system.execute>) =>
      (isAway ? platform.database.connect('authz', 'runtime') : recording.deps.system).execute(...given),
  } as unknown as typeof recording.deps.system
  const recorder = createDecisionRecorder({ system: failing, log, clock: systemClock, sampleRate: 1 })
  recorder.note(one)
  await recorder.flush()
  isAway = false
  recorder.note(one)
  await recorder.flush()
  t.equal((await recordedRows()).length, 1, 'what it did not take is gone, what came later is there')
  const half = createDecisionRecorder({
    system: recording.deps.system,
    log,
    clock: systemClock,
    sampleRate: 0.5,
    random: (() => {
      let turn = 0
      return () => (turn++ % 2 === 0 ? 0.4 : 0.6)
    })(),
  })
  for (let times = 0; times < 10; times += 1) half.note(one)
  await half.stop()
  t.equal((await recordedRows()).length, 6)
})

t.test('who may read policies and not decisions is told tens, and of nobody', async (t) => {
  const role = { key: 'policy-reader', name: 'Reads policies', permissions: ['gatehouse:policies.read'] }
  t.equal((await call(owner, 'POST', `/v1/organizations/${org.id}/roles`, role)).status, 201)
  const reader = platform.join(org, platform.person(), { roles: ['policy-reader'] })
  await forget()
  for (let times = 0; times < 12; times += 1) await ask(nobody)
  await recording.deps.decisions.flush()
  const policy = { key: 'probing', effect: 'allow', resource_type: 'loan', actions: ['grant'] }
  t.match((await simulate({ policy }, owner)).body, { precision: 'exact', newly_allowed: 12, examples: [{}] })
  const { body } = await simulate({ policy }, reader)
  t.match(body, { precision: 'coarse', replayed: 10, newly_allowed: 0, examples: [], by_role: [], by_permission: [] })
  t.notMatch(JSON.stringify(body), nobody.id)
})
