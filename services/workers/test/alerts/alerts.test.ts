/**
 * Security alerts: from the events of neighbours to findings, mails, notifications and webhooks, and what becomes of an
 * alert. Only the neighbours are made up.
 */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { FactorsChanged, PasskeyCounterRegressed } from '@gatehouse/contracts/events/identity/factors'
import * as signIn from '@gatehouse/contracts/events/identity/sign-in'
import { UserErased } from '@gatehouse/contracts/events/identity/user'
import { MembershipCreated, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import { ApiKeyCreated } from '@gatehouse/contracts/events/tokens/api-key'
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import type { SecurityAlert } from '@gatehouse/contracts/http/workers/security-alerts'
import { startBackground } from '@gatehouse/service-kit/concurrency/background'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createLocalClient, createSpine } from '@gatehouse/spine/produce/producer'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { startMailbox } from '@gatehouse/test-kit/mailbox/mailbox'
import { noNats } from '@gatehouse/test-kit/nats'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import { rules } from '../../src/alerts/rules.ts'
import type { Deps } from '../../src/deps.ts'
import { createPipelines } from '../../src/pipelines.ts'
import { createSmtpMailer } from '../../src/providers/smtp.ts'
import { openWebhooks } from '../../src/providers/webhooks.ts'
import { keepAlerts } from '../../src/use-cases/alerts/keep-alerts.ts'
import { recordAlerts } from '../../src/use-cases/alerts/record-alerts.ts'
import { aside, failed, keyOf, minutes, shuffled, started } from '../fixtures/alert-events.ts'
import { openApp } from '../fixtures/app.ts'
import { audit } from '../fixtures/audit.ts'
import { personHeaders } from '../fixtures/callers.ts'
import { receiverOf } from '../fixtures/receiver.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 10)
const db = database.connect('workers', 'runtime', 6)
const mailbox = await startMailbox()
t.teardown(() => mailbox.close())
const identity = createNeighbour('identity')
const orgs = createNeighbour('orgs')
const tokens = createNeighbour('tokens')
const authz = createNeighbour('authz')
const spine = createSpine({ service: 'workers', runtime: db, system, nats: noNats(), log, clock: systemClock })
const webhooks = openWebhooks({
  KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  WEBHOOK_ALLOWED_NETWORKS: ['127.0.0.0/8'],
  WEBHOOK_DISABLE_AFTER_SECONDS: 3600,
})
const denied = new Set<string>()
const deps = {
  ...audit,
  spine,
  log,
  system,
  db,
  nats: noNats(),
  feeds: {
    identity: identity.client,
    orgs: orgs.client,
    tokens: tokens.client,
    authz: authz.client,
    workers: createLocalClient({ spine, system, snapshots: {} }),
  },
  publicUrl: 'https://id.example.com',
  mailer: createSmtpMailer({ url: mailbox.smtpUrl, from: 'Gatehouse <no-reply@gatehouse.example>' }),
  webhooks,
  clients: {
    identity: { getProfile: async (id: string) => ({ id, email: `${id}@example.com`, name: 'Ann' }) },
    authz: {
      decide: async (_: unknown, o: { scope: string; permission: string }) => ({
        allowed: !denied.has(`${o.scope} ${o.permission}`),
      }),
    },
  },
} as unknown as Deps
const app = openApp(deps)
const running = startBackground(
  createPipelines(deps, {
    WORKERS_PIPELINES: ['security-alert', 'mail', 'webhook', 'audit'],
    REDIS_URL: process.env['REDIS_URL'] ?? '',
    QUEUE_PREFIX: `t${randomBytes(5).toString('hex')}`,
    JOBS_SWEEP_SECONDS: 1,
    AUDIT_CHECKPOINT_SECONDS: 900,
  }),
)
t.teardown(async () => {
  await running.stop()
  await app.close()
  deps.mailer.close()
  await webhooks.sender.close()
})

type Body = SecurityAlert & { data: SecurityAlert[]; code: string; page: { next_cursor: string | null } }
async function ask(
  method: 'GET' | 'POST',
  path: string,
  o: { as?: string; org?: string; body?: unknown } = {},
): Promise<{ status: number; body: Body }> {
  const answer = await app.inject({
    method,
    url: path,
    headers: {
      ...personHeaders(o.as ?? newId('user'), o.org)(path.split('?')[0] ?? '', method),
      ...(o.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(o.body === undefined ? {} : { payload: JSON.stringify(o.body) }),
  })
  return { status: answer.statusCode, body: answer.json<Body>() }
}
const ofPerson = async (as: string, query = ''): Promise<SecurityAlert[]> =>
  (await ask('GET', `/v1/me/security-alerts${query}`, { as })).body.data
const ofOrg = async (org: string, query = ''): Promise<SecurityAlert[]> =>
  (await ask('GET', `/v1/organizations/${org}/security-alerts${query}`, { org })).body.data

/** As the consumer has them handled, without waiting for it. */
const handle = (...events: EventEnvelope[]) => inScope(system, {}, (tx) => recordAlerts(tx, events, (_, run) => run()))

t.test('what is a finding at once, by rule', async (t) => {
  const ann = newId('user')
  const org = newId('org')
  const about = { subject: ann, userid: ann }
  const data = { family_id: newId('fam'), session_id: newId('ses'), user_id: ann }
  const membership_id = newId('mem')
  const membership = { membership_id, organization_id: org, user_id: ann, status: 'active' as const, attributes: {} }
  for (const event of [
    aside.announce(FamilyRevoked, { ...about, data: { ...data, reason: 'reuse_detected' } }),
    aside.announce(FamilyRevoked, { ...about, data: { ...data, reason: 'session_ended' } }),
    aside.announce(PasskeyCounterRegressed, { ...about, data: { user_id: ann, passkey_id: newId('pky') } }),
    aside.announce(signIn.SignInRefusedWhileLocked, { ...about, data: { user_id: ann, scope: 'pair' } }),
    aside.announce(signIn.SignInLocked, { ...about, data: { user_id: ann, scope: 'pair' } }),
    aside.announce(FactorsChanged, { ...about, data: { user_id: ann, change: 'totp_added' } }),
    aside.announce(FactorsChanged, { ...about, data: { user_id: ann, change: 'passkey_removed' } }),
    aside.announce(MembershipUpdated, {
      ...about,
      orgid: org,
      data: { ...membership, is_owner: true, changed: ['is_owner'] },
    }),
    aside.announce(MembershipUpdated, {
      ...about,
      orgid: org,
      data: { ...membership, is_owner: true, changed: ['attributes'] },
    }),
  ])
    await handle(event)
  t.same((await ofPerson(ann)).map(({ rule, severity, count }) => `${rule} ${severity} ${count}`).sort(), [
    'passkey_copied critical 1',
    'refresh_token_reused high 1',
    'right_password_while_locked high 1',
    'second_factor_removed medium 1',
    'sign_in_locked medium 1',
  ])
  t.match(await ofOrg(org), [{ rule: 'owner_changed', organization_id: org, user_id: null, count: 1 }])
  t.same((await ofPerson(ann, '?severity=medium&rule=sign_in_locked&status=open')).length, 1)
  t.same((await ofPerson(ann, '?status=resolved')).length, 0)
  t.ok(rules.length > 10)
})

t.test('a right password after many wrong ones, whatever arrives first; not after few, or after long', async (t) => {
  const found = async (events: readonly EventEnvelope[], person: string) => {
    for (const event of events) await handle(event)
    return (await ofPerson(person)).filter(({ rule }) => rule === 'success_after_failures').length
  }
  const scene = (failures: readonly number[], success: number) => {
    const person = newId('user')
    const events = [
      ...failures.map((at) => failed(person, { time: minutes(at) })),
      started(person, { time: minutes(success) }),
    ]
    return { person, events }
  }
  const guessed = scene([0, 1, 2, 3, 4], 5)
  t.equal(await found(guessed.events, guessed.person), 1)
  const late = scene([0, 1, 2, 3, 4], 5)
  t.equal(await found(shuffled(late.events), late.person), 1, 'shuffled')
  const last = scene([0, 1, 2, 3, 4], 5)
  t.equal(await found([...last.events].reverse(), last.person), 1, 'the success first')
  for (const [what, { person, events }] of Object.entries({
    'four failures': scene([0, 1, 2, 3], 4),
    'failures that are too old': scene([0, 1, 2, 3, 4], 20),
    'failures after it': scene([1, 2, 3, 4, 5], 0),
    'one of them too old': scene([0, 10, 11, 12, 13], 16),
  }))
    t.equal(await found(events, person), 0, what)
  const again = scene([0, 1, 2, 3, 4], 5)
  for (const event of [...again.events, ...again.events]) await handle(event)
  t.equal((await ofPerson(again.person)).length, 1, 'the same events again')
})

t.test(
  'one address that tries many people, all at once or one after another, is one alert of the platform',
  async (t) => {
    const from = async (clientaddress: string) =>
      (await ask('GET', '/v1/platform/security-alerts?rule=guessing_from_one_source&limit=200')).body.data.filter(
        ({ data }) => data['client_address'] === clientaddress,
      )
    const tries = (address: string, people: number, each = 1) =>
      Array.from({ length: people }, () => newId('user')).flatMap((person) =>
        Array.from({ length: each }, () => failed(person, { clientaddress: address, time: minutes(1) })),
      )
    await Promise.all(tries('203.0.113.1', 10).map((event) => handle(event)))
    t.match(await from('203.0.113.1'), [{ severity: 'high', organization_id: null, user_id: null, count: 1 }])
    for (const event of tries('203.0.113.1', 5)) await handle(event)
    t.match(await from('203.0.113.1'), [{ count: 6 }], 'counted, not raised anew')
    for (const event of tries('203.0.113.2', 9, 3)) await handle(event)
    t.same(await from('203.0.113.2'), [], 'nine people')
    await handle(
      aside.announce(signIn.SignInSourceLimited, { subject: newId('sin'), clientaddress: '203.0.113.3', data: {} }),
    )
    t.equal((await from('203.0.113.3')).length, 1)
    for (const [at, event] of tries('203.0.113.4', 12).entries()) await handle({ ...event, time: minutes(at * 5) })
    t.same(await from('203.0.113.4'), [], 'over an hour')
  },
)

t.test('a device the person never used, but not the first one and not an update of one', async (t) => {
  const bob = newId('user')
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
  const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1'
  for (const useragent of [firefox, firefox.replaceAll('128', '131'), undefined])
    await handle(started(bob, useragent === undefined ? {} : { useragent }))
  t.same(await ofPerson(bob), [])
  await handle(started(bob, { useragent: safari }))
  await handle(started(bob, { useragent: safari }))
  t.match(await ofPerson(bob), [{ rule: 'new_device', severity: 'low', status: 'open', count: 1 }])
})

const keyMade = (org: string) => tokens.announce(ApiKeyCreated, keyOf(org))
const raisedOf = async (id: string): Promise<number> =>
  rowsOf(
    await system.execute(sql`
      select from outbox where aggregate_id = ${uuidOf(id)} and subject like '%security_alert.raised%'`),
  ).length

t.test(
  'owners get a mail and a notification, the organization’s endpoints an event, the trail a record: once',
  async (t) => {
    const org = newId('org')
    const receiver = await receiverOf(t)
    const [owner, member] = [newId('user'), newId('user')]
    for (const [user_id, is_owner] of [
      [owner, true],
      [member, false],
    ] as const)
      await handle(
        aside.announce(MembershipCreated, {
          subject: user_id,
          data: {
            membership_id: newId('mem'),
            organization_id: org,
            user_id,
            status: 'active',
            is_owner,
            attributes: {},
            roles: [],
          },
        }),
      )
    const made = await ask('POST', `/v1/organizations/${org}/webhooks`, {
      org,
      body: { url: receiver.url, event_types: ['security_alert.*'] },
    })
    t.equal(made.status, 201)
    keyMade(org)
    const mail = await mailbox.waitFor((one) => one.To[0]?.Address === `${owner}@example.com`, 60_000)
    t.match(mail.Subject, 'A new API key was made')
    t.match(mail.Text, org)
    await waitUntil('the endpoint heard of it', async () => receiver.received.length >= 1, 60_000)
    t.match(JSON.parse(receiver.received[0]?.body ?? '{}'), {
      type: 'security_alert.raised',
      data: { rule: 'api_key_created', severity: 'low', organization_id: org, notify: [owner] },
    })
    const told = (as: string) => ask('GET', '/v1/me/notifications', { as })
    await waitUntil('the owner is told', async () => (await told(owner)).body.data.length === 1, 60_000)
    keyMade(org)
    await waitUntil('the second is counted', async () => (await ofOrg(org))[0]?.count === 2, 60_000)
    const [alert] = (await ofOrg(org)) as [SecurityAlert]
    t.equal(await raisedOf(alert.id), 1)
    const settle = (verb: string, body?: unknown) =>
      ask('POST', `/v1/organizations/${org}/security-alerts/${alert.id}/${verb}`, { org, as: owner, body })
    const at = await Promise.all(Array.from({ length: 16 }, () => settle('acknowledge')))
    t.same(
      [200, 409].map((status) => at.filter((one) => one.status === status).length),
      [1, 15],
    )
    t.match(at.find(({ status }) => status === 200)?.body, { status: 'acknowledged', acknowledged_by: `user:${owner}` })
    const ends = await Promise.all(Array.from({ length: 16 }, () => settle('resolve', { resolution: 'ours' })))
    t.same(
      [200, 409].map((status) => ends.filter((one) => one.status === status).length),
      [1, 15],
    )
    t.match(ends.find(({ status }) => status === 200)?.body, { status: 'resolved', resolution: 'ours' })
    t.equal((await settle('acknowledge')).status, 409)
    keyMade(org)
    await waitUntil('the next one is a new alert', async () => (await ofOrg(org)).length === 2, 60_000)
    const actions = async () =>
      rowsOf<{ action: string }>(
        await system.execute(
          sql`select action from audit_events where target_type = 'security_alert' and target_id = ${alert.id}`,
        ),
      ).map(({ action }) => action)
    await waitUntil('the trail is written', async () => (await actions()).length >= 3, 60_000)
    t.same((await actions()).sort(), [
      'security_alert.acknowledged',
      'security_alert.raised',
      'security_alert.resolved',
    ])
    t.same((await told(member)).body.data, [])
  },
)

t.test('of an organization that is deleted for good no alert and no owner is left', async (t) => {
  const org = newId('org')
  const membership_id = newId('mem')
  const [owner, about] = [newId('user'), { subject: org, orgid: org }]
  const member = { membership_id, organization_id: org, user_id: owner, status: 'active' as const, attributes: {} }
  await handle(aside.announce(MembershipCreated, { ...about, data: { ...member, is_owner: true, roles: [] } }))
  await handle(aside.announce(ApiKeyCreated, keyOf(org)))
  t.equal((await ofOrg(org)).length, 1)
  await handle(aside.announce(OrganizationDeleted, { ...about, data: { organization_id: org, min_ov: 2 } }))
  t.same(await ofOrg(org), [])
  t.same(await system.execute(sql`select from organization_owners where org_id = ${uuidOf(org)}`), [])
})

t.test('events that are handled in one transaction tell of one thing once', async (t) => {
  const eve = newId('user')
  const locked = () => aside.announce(signIn.SignInLocked, { subject: eve, data: { user_id: eve, scope: 'pair' } })
  const from = (useragent: string) => started(eve, { useragent })
  const events = [from('Firefox'), from('Safari'), from('Safari'), locked(), locked(), locked()]
  await handle(...events)
  const alerts = await ofPerson(eve)
  t.same(alerts.map(({ rule, count }) => `${rule} ${count}`).sort(), ['new_device 1', 'sign_in_locked 3'])
  for (const { id } of alerts) t.equal(await raisedOf(id), 1)
})

t.test('the same thing a day later is told again, and open again', async (t) => {
  const cleo = newId('user')
  const locked = () => aside.announce(signIn.SignInLocked, { subject: cleo, data: { user_id: cleo, scope: 'pair' } })
  await handle(locked())
  const [alert] = (await ofPerson(cleo)) as [SecurityAlert]
  t.match(await ask('POST', `/v1/me/security-alerts/${alert.id}/acknowledge`, { as: cleo }), { status: 200 })
  await handle(locked())
  t.match(await ofPerson(cleo), [{ status: 'acknowledged', count: 2 }])
  await system.execute(
    sql`update security_alerts set announced_at = now() - interval '25 hours' where id = ${uuidOf(alert.id)}`,
  )
  await Promise.all([locked(), locked(), locked()].map((event) => handle(event)))
  t.match(await ofPerson(cleo), [{ status: 'open', count: 5 }])
  t.equal(await raisedOf(alert.id), 2)
})

t.test('whose an alert is, and who may: others find none', async (t) => {
  const [org, other] = [newId('org'), newId('org')]
  const dora = newId('user')
  await handle(keyMade(org))
  await handle(aside.announce(signIn.SignInLocked, { subject: dora, data: { user_id: dora, scope: 'pair' } }))
  const [ofO, ofD] = [(await ofOrg(org))[0]?.id ?? '', (await ofPerson(dora))[0]?.id ?? '']
  const resolution = { resolution: 'seen' }
  const at = (o: string, id: string, verb = '') => `/v1/organizations/${o}/security-alerts/${id}${verb}`
  t.match(await ask('GET', at(org, ofO), { org }), { status: 200, body: { id: ofO } })
  for (const [method, verb, body] of [
    ['GET', '', undefined],
    ['POST', '/acknowledge', undefined],
    ['POST', '/resolve', resolution],
  ] as const) {
    for (const id of [ofO, ofD, newId('alr')])
      t.equal((await ask(method, at(other, id, verb), { org: other, body })).status, 404, `${verb} of another`)
    t.equal((await ask(method, at(org, ofD, verb), { org, body })).status, 404, `${verb} of a person`)
    denied.add(`organization gatehouse:alerts.${method === 'GET' ? 'read' : 'write'}`)
    t.equal((await ask(method, at(org, ofO, verb), { org, body })).status, 403)
    denied.clear()
  }
  for (const as of [newId('user')])
    for (const id of [ofO, ofD])
      t.equal((await ask('POST', `/v1/me/security-alerts/${id}/acknowledge`, { as })).status, 404)
  denied.add('platform gatehouse:alerts.read').add('platform gatehouse:alerts.write')
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['POST', `/${ofO}/acknowledge`, undefined],
    ['POST', `/${ofO}/resolve`, resolution],
  ] as const)
    t.equal((await ask(method, `/v1/platform/security-alerts${path}`, { body })).status, 403)
  denied.clear()
  t.match((await ask('GET', `/v1/platform/security-alerts?organization=${org}`)).body.data, [{ id: ofO }])
  t.match((await ask('GET', `/v1/platform/security-alerts?user=${dora}`)).body.data, [{ id: ofD }])
  t.match(await ask('POST', `/v1/platform/security-alerts/${ofD}/acknowledge`), { status: 200 })
  t.match(await ask('POST', `/v1/platform/security-alerts/${ofD}/resolve`, { body: resolution }), {
    status: 200,
    body: { resolution: 'seen' },
  })
  t.equal((await ask('POST', `/v1/platform/security-alerts/${newId('alr')}/resolve`, { body: resolution })).status, 404)
  t.equal((await ask('GET', '/v1/me/security-alerts?cursor=x', { as: dora })).status, 400)
  for (const scope of [{}, { userId: newId('user') }, { orgId: other }])
    t.same(await inScope(db, scope, (tx) => tx.execute(sql`select id from security_alerts`)), [])
  for (const table of ['alert_observations', 'known_devices', 'organization_owners'])
    await t.rejects(
      inScope(db, { orgId: org }, (tx) => tx.execute(sql`select from ${sql.identifier(table)}`)),
      table,
    )
})

t.test('of an erased person nothing is kept, and nothing comes after; what is old is forgotten', async (t) => {
  const finn = newId('user')
  const firefox = { useragent: 'Firefox' }
  const erased = aside.announce(UserErased, { subject: finn, data: { user_id: finn, min_uv: 2, via: 'request' } })
  const locked = () => aside.announce(signIn.SignInLocked, { subject: finn, data: { user_id: finn, scope: 'pair' } })
  await handle(locked())
  await handle(started(finn, firefox))
  await Promise.all([handle(erased), ...[locked(), locked(), started(finn, firefox)].map((event) => handle(event))])
  await handle(locked())
  for (const table of ['security_alerts', 'known_devices'])
    t.same(await system.execute(sql`select from ${sql.identifier(table)} where user_id = ${uuidOf(finn)}`), [], table)
  const gina = newId('user')
  await handle(failed(gina))
  await handle(aside.announce(signIn.SignInLocked, { subject: gina, data: { user_id: gina, scope: 'pair' } }))
  await system.execute(sql`
    insert into alert_observations (key, event_id, member, at, noted_at)
    select key, uuidv7(), member || ' old', at, now() - interval '25 hours' from alert_observations limit 1`)
  await system.execute(
    sql`update security_alerts set last_at = now() - interval '2 years' where user_id = ${uuidOf(gina)}`,
  )
  await keepAlerts(deps)
  t.same(await system.execute(sql`select from alert_observations where member like '% old'`), [])
  t.same(await ofPerson(gina), [])
})
