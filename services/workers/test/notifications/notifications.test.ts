/**
 * What people are told: from an event to their list, their preferences and their daily mail. Only the neighbours are
 * made up.
 */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { MemberRolesChanged } from '@gatehouse/contracts/events/authz/assignment'
import { FactorsChanged, RecoveryCodeUsed } from '@gatehouse/contracts/events/identity/factors'
import * as user from '@gatehouse/contracts/events/identity/user'
import {
  AccessRequestApproved,
  AccessRequestCreated,
  AccessRequestDenied,
} from '@gatehouse/contracts/events/orgs/access-request'
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { ImpersonationBegun } from '@gatehouse/contracts/events/tokens/impersonation'
import { OAuthConsentGranted } from '@gatehouse/contracts/events/tokens/oauth-consent'
import { SecurityAlertRaised } from '@gatehouse/contracts/events/workers/security-alert'
import { WebhookDisabled } from '@gatehouse/contracts/events/workers/webhook'
import { startBackground } from '@gatehouse/service-kit/concurrency/background'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { startMailbox } from '@gatehouse/test-kit/mailbox/mailbox'
import { noNats } from '@gatehouse/test-kit/nats'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../src/deps.ts'
import { notices } from '../../src/notices/notices.ts'
import { allKinds, titleOf } from '../../src/notices/titles.ts'
import { createPipelines } from '../../src/pipelines.ts'
import { createSmtpMailer } from '../../src/providers/smtp.ts'
import { mostKept } from '../../src/store/notifications.ts'
import { keepNotifications } from '../../src/use-cases/notifications/keep-notifications.ts'
import { recordNotifications } from '../../src/use-cases/notifications/record-notifications.ts'
import { openApp } from '../fixtures/app.ts'
import { audit } from '../fixtures/audit.ts'
import { personHeaders } from '../fixtures/callers.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 8)
const db = database.connect('workers', 'runtime', 4)
const mailbox = await startMailbox()
t.teardown(() => mailbox.close())
const producers = {
  identity: createNeighbour('identity'),
  orgs: createNeighbour('orgs'),
  tokens: createNeighbour('tokens'),
  authz: createNeighbour('authz'),
  workers: createNeighbour('workers'),
}
const deps = {
  ...audit,
  log,
  system,
  db,
  nats: noNats(),
  feeds: Object.fromEntries(Object.entries(producers).map(([name, { client }]) => [name, client])),
  publicUrl: 'https://id.example.com',
  mailer: createSmtpMailer({ url: mailbox.smtpUrl, from: 'Gatehouse <no-reply@gatehouse.example>' }),
  clients: {
    identity: {
      getProfile: async (id: string) => ({ id, email: `${id}@example.com`, name: 'Ann', locale: 'de' }),
    },
  },
} as unknown as Deps
const app = openApp(deps)
const running = startBackground(
  createPipelines(deps, {
    WORKERS_PIPELINES: ['mail'],
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
})

type Shown = { id: string; kind: string; title: string; organization_id: string | null; read_at: string | null }
type Body = {
  data: Shown[]
  page: { next_cursor: string | null }
  unread_count: number
  kinds: { kind: string; in_app: boolean; digest: boolean; required: boolean }[]
  count: number
  code: string
} & Shown
async function ask(
  method: 'GET' | 'POST' | 'PATCH',
  person: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Body }> {
  const url = `/v1/me/${path}`
  const answer = await app.inject({
    method,
    url,
    headers: {
      ...personHeaders(person)(url.split('?')[0] ?? '', method),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  })
  return { status: answer.statusCode, body: answer.json<Body>() }
}
const list = (person: string, query = '') => ask('GET', person, `notifications${query}`)
const told = (person: string, count: number) =>
  waitUntil(`${count} notifications`, async () => {
    const { body } = await list(person)
    return body.data.length >= count && body
  })
/** As the consumer has it handled, without waiting for the consumer. */
const handle = (event: EventEnvelope) => inScope(system, {}, (tx) => recordNotifications(tx, event))

const organization_id = newId('org')
const membership = (user_id: string) => ({
  membership_id: newId('mem'),
  organization_id,
  user_id,
  status: 'active' as const,
  is_owner: true,
  attributes: {},
})
const joined = (user_id: string): EventEnvelope => {
  const data = { ...membership(user_id), roles: ['viewer'] }
  return producers.orgs.announce(MembershipCreated, { subject: data.membership_id, orgid: organization_id, data })
}

t.test('each event of the table tells its person once, in the language they ask for', async (t) => {
  const ann = newId('user')
  const { identity, orgs, tokens, authz, workers } = producers
  const about = { subject: ann, userid: ann }
  const request = { access_request_id: newId('arq'), organization_id, user_id: ann }
  const events = [
    identity.announce(user.UserPasswordChanged, {
      ...about,
      data: { user_id: ann, via: 'change', ends_sessions_below: 2 },
    }),
    identity.announce(user.UserEmailChanged, {
      ...about,
      data: { user_id: ann, change_id: newId('emc'), via: 'undoing' },
    }),
    identity.announce(user.UserDeletionRequested, {
      ...about,
      data: { user_id: ann, due_at: '2026-12-14T03:04:05.678Z' },
    }),
    identity.announce(FactorsChanged, { ...about, data: { user_id: ann, change: 'passkey_removed' } }),
    tokens.announce(ImpersonationBegun, {
      subject: newId('ses'),
      data: {
        session_id: newId('ses'),
        user_id: ann,
        impersonated_by: newId('user'),
        organization_id: null,
        expires_at: '2026-12-14T03:04:05.678Z',
        reason: 'Ticket 4711',
      },
    }),
    identity.announce(RecoveryCodeUsed, { ...about, data: { user_id: ann, left: 3 } }),
    workers.announce(SecurityAlertRaised, {
      subject: newId('alr'),
      data: { alert_id: newId('alr'), rule: 'new_device', severity: 'low', count: 1, user_id: ann, notify: [ann] },
    }),
    tokens.announce(OAuthConsentGranted, {
      ...about,
      data: { consent_id: newId('cns'), user_id: ann, client_id: newId('client'), scope: ['openid'] },
    }),
    joined(ann),
    orgs.announce(MembershipUpdated, { ...about, data: { ...membership(ann), changed: ['is_owner'] } }),
    orgs.announce(MembershipUpdated, {
      ...about,
      data: { ...membership(ann), status: 'suspended', changed: ['status'], min_mv: 2, reason: 'On leave' },
    }),
    orgs.announce(MembershipRemoved, { ...about, data: { ...membership(ann), status: 'removed', min_mv: 2 } }),
    authz.announce(MemberRolesChanged, {
      ...about,
      data: { organization_id, membership_id: newId('mem'), user_id: ann, before: [], after: ['admin'] },
    }),
    orgs.announce(AccessRequestCreated, {
      ...about,
      data: { ...request, user_id: newId('user'), kind: 'join', roles: [], owners: [ann] },
    }),
    orgs.announce(AccessRequestApproved, {
      ...about,
      data: {
        ...request,
        kind: 'join',
        roles: [],
        membership_id: newId('mem'),
        approved_by: newId('user'),
        expires_at: null,
      },
    }),
    orgs.announce(AccessRequestDenied, { ...about, data: request }),
    workers.announce(WebhookDisabled, { ...about, data: { webhook_id: newId('whk'), organization_id, made_by: ann } }),
  ]
  const typesOf = (types: readonly string[]): string[] => [...new Set(types)].sort()
  t.same(typesOf(events.map(({ type }) => type)), typesOf(notices.map(({ eventType }) => eventType)))
  // What is no news: an alert that others tell of, attributes.
  workers.announce(SecurityAlertRaised, {
    subject: newId('alr'),
    data: {
      alert_id: newId('alr'),
      rule: 'second_factor_removed',
      severity: 'medium',
      count: 1,
      user_id: ann,
      notify: [ann],
    },
  })
  orgs.announce(MembershipUpdated, { ...about, data: { ...membership(ann), changed: ['attributes'] } })
  const { data, unread_count } = await told(ann, events.length)
  t.same([data.length, unread_count], [events.length, events.length])
  t.same([...new Set(data.map(({ kind }) => kind))].sort(), [...allKinds].sort(), 'every kind has an event')
  for (const event of events) await handle(event)
  t.equal((await list(ann)).body.data.length, events.length, 'the same event again tells nobody')
  const german = (await list(ann, '?locale=de-AT')).body.data
  for (const [at, one] of data.entries()) {
    t.not(one.title, german[at]?.title, `${one.kind} in another language`)
    t.notMatch(one.title + (german[at]?.title ?? ''), /undefined|\[object/)
  }
  t.equal(data.find(({ kind }) => kind === 'membership.joined')?.organization_id, organization_id)
  t.equal((await list(newId('user'))).body.data.length, 0)
})

t.test('a list by pages, read and unread; another’s notification is none', async (t) => {
  const bob = newId('user')
  for (let n = 0; n < 7; n += 1) await handle(joined(bob))
  const seen: string[] = []
  for (let cursor = ''; ;) {
    const { body } = await list(bob, `?limit=3${cursor}`)
    seen.push(...body.data.map(({ id }) => id))
    if (body.page.next_cursor === null) break
    cursor = `&cursor=${body.page.next_cursor}`
  }
  t.same(seen, [...seen].sort().reverse(), 'newest first')
  t.equal(new Set(seen).size, 7)
  const [newest, second, third] = seen as [string, string, string]
  t.match(await ask('PATCH', bob, `notifications/${newest}`, { read: true }), { status: 200, body: { read_at: /Z$/ } })
  t.equal((await list(bob, '?unread=false')).body.data[0]?.id, newest)
  t.equal((await list(bob, '?unread=true')).body.data.length, 6)
  t.match(await ask('PATCH', bob, `notifications/${newest}?locale=de`, { read: false }), {
    status: 200,
    body: { read_at: null, title: /beigetreten/ },
  })
  for (const [person, id] of [
    [newId('user'), second],
    [bob, newId('ntf')],
  ] as const)
    t.match(await ask('PATCH', person, `notifications/${id}`, { read: true }), { status: 404 })
  t.match(await ask('POST', newId('user'), 'notifications/read-all'), { status: 200, body: { count: 0 } })
  t.match(await ask('POST', bob, 'notifications/read-all', { up_to: third }), { status: 200, body: { count: 5 } })
  t.equal((await list(bob)).body.unread_count, 2)
  t.match(await ask('POST', bob, 'notifications/read-all'), { status: 200, body: { count: 2 } })
  t.equal((await list(bob)).body.unread_count, 0)
  t.match(await list(bob, '?cursor=x'), { status: 400, body: { code: 'invalid_cursor' } })
})

t.test('what is not wanted is not shown; what is required cannot be turned off', async (t) => {
  const cleo = newId('user')
  const set = (kinds: unknown[]) => ask('PATCH', cleo, 'notification-preferences', { kinds })
  const before = (await ask('GET', cleo, 'notification-preferences')).body.kinds
  t.same(
    before.map(({ kind }) => kind),
    allKinds,
  )
  t.ok(before.every(({ in_app, digest }) => in_app && !digest))
  t.match(await set([{ kind: 'membership.joined', in_app: false }]), { status: 200 })
  await handle(joined(cleo))
  t.equal((await list(cleo)).body.data.length, 0)
  const refused = await set([
    { kind: 'membership.joined', in_app: true },
    { kind: 'security.alert', in_app: false },
  ])
  t.match(refused, { status: 400, body: { code: 'validation_failed', errors: [{ path: '/kinds/1/in_app' }] } })
  t.match(await set([{ kind: 'nothing.known', in_app: false }]), { status: 400 })
  const after = (await ask('GET', cleo, 'notification-preferences')).body.kinds
  t.match(
    after.find(({ kind }) => kind === 'membership.joined'),
    { in_app: false, digest: false },
    'all or nothing',
  )
  await set([{ kind: 'membership.joined', digest: true }])
  const alone = (await ask('GET', cleo, 'notification-preferences')).body.kinds
  t.match(
    alone.find(({ kind }) => kind === 'membership.joined'),
    { in_app: false, digest: true },
    'a channel that is not named stays as it is',
  )
  await set([{ kind: 'membership.joined', digest: false }])
  await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      set([{ kind: 'membership.joined', ...(n % 2 ? { digest: true } : { in_app: true }) }]),
    ),
  )
  t.match(
    (await ask('GET', cleo, 'notification-preferences')).body.kinds.find(({ kind }) => kind === 'membership.joined'),
    { in_app: true, digest: true },
    'one channel at a time, at once: neither is lost',
  )
})

t.test('a person who wants it gets one mail a day of what they have not read', async (t) => {
  const dora = newId('user')
  const eve = newId('user')
  await ask('PATCH', dora, 'notification-preferences', {
    kinds: [{ kind: 'membership.joined', in_app: false, digest: true }],
  })
  for (let n = 0; n < 23; n += 1) await handle(joined(dora))
  await handle(joined(eve))
  const mails = () => mailbox.messages().filter((mail) => mail.To[0]?.Address === `${dora}@example.com`)
  await keepNotifications(deps)
  t.equal(rowsOf(await system.execute(sql`select from job_ledger where payload::text like ${`%${dora}%`}`)).length, 0)
  await system.execute(
    sql`update notification_digests set due_at = now() - interval '1 second' where user_id = ${uuidOf(dora)}`,
  )
  await Promise.all(Array.from({ length: 4 }, () => keepNotifications(deps)))
  const mail = await mailbox.waitFor((one) => one.To[0]?.Address === `${dora}@example.com`, 60_000)
  t.equal(mail.Subject, '23 ungelesene Mitteilungen')
  t.equal(mail.Text.match(/beigetreten/g)?.length, 20)
  t.match(mail.Text, /Und 3 weitere/)
  t.equal(
    rowsOf(await system.execute(sql`select from job_ledger where payload::text like ${`%${dora}%`}`)).length,
    1,
    'of four at once, one',
  )
  t.equal(mails().length, 1)
  t.equal(
    rowsOf(await system.execute(sql`select from notification_digests where user_id = ${uuidOf(eve)}`)).length,
    0,
    'off by default',
  )
})

t.test('a person keeps the newest, and an erased one nothing, whatever is still on its way', async (t) => {
  const finn = newId('user')
  await ask('PATCH', finn, 'notification-preferences', { kinds: [{ kind: 'membership.joined', digest: true }] })
  await handle(joined(finn))
  await system.execute(sql`
    insert into notifications (id, user_id, event_id, kind, data, is_shown, occurred_at)
    select uuidv7(interval '-1 day'), ${uuidOf(finn)}, gen_random_uuid(), 'membership.joined', '{}', true, now()
    from generate_series(1, ${mostKept + 20})`)
  await handle(joined(finn))
  const { body } = await list(finn, '?limit=200')
  t.equal(body.unread_count, mostKept)
  const erased = producers.identity.announce(user.UserErased, {
    subject: finn,
    data: { user_id: finn, min_uv: 2, via: 'request' },
  })
  await Promise.all([handle(erased), ...Array.from({ length: 6 }, () => handle(joined(finn)))])
  await handle(joined(finn))
  for (const table of ['notifications', 'notification_preferences', 'notification_digests'])
    t.equal(
      rowsOf(await system.execute(sql`select from ${sql.identifier(table)} where user_id = ${uuidOf(finn)}`)).length,
      0,
      table,
    )
})

t.test('row-level security: a person’s scope alone shows their rows, and nobody’s rights reach further', async (t) => {
  const gina = newId('user')
  await handle(joined(gina))
  await ask('PATCH', gina, 'notification-preferences', { kinds: [{ kind: 'membership.joined', digest: true }] })
  for (const table of ['notifications', 'notification_preferences']) {
    const seenBy = async (scope: { userId?: string; orgId?: string }) =>
      rowsOf(await inScope(db, scope, (tx) => tx.execute(sql`select from ${sql.identifier(table)}`))).length
    t.equal(await seenBy({ userId: gina }), 1, table)
    for (const scope of [{}, { userId: newId('user') }, { orgId: organization_id }]) t.equal(await seenBy(scope), 0)
  }
  for (const statement of [
    'delete from notifications',
    'select from notification_digests',
    'select from erased_people',
  ])
    await t.rejects(
      inScope(db, { userId: gina }, (tx) => tx.execute(sql.raw(statement))),
      statement,
    )
})

t.test('whose webhook was disabled is in the title', async (t) => {
  const title = (data: object) =>
    titleOf({ kind: 'webhook.disabled', data: { webhook_id: newId('whk'), ...data } }, 'en')
  t.equal(title({ organization_id: newId('org') }), 'We disabled one of your webhooks')
  t.equal(title({}), 'We disabled a webhook of the platform')
})

t.test('every kind has a title whatever its facts say', async (t) => {
  for (const kind of allKinds)
    for (const locale of ['en', 'de'] as const) t.not(titleOf({ kind, data: { change: 'newer' } }, locale), '')
})
