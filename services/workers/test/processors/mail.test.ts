/**
 * From an event to a mail in a real mail server, through the ledger, Redis and SMTP. Only the neighbours' answers are
 * made up.
 */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { sql } from 'drizzle-orm'
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification'
import { InvitationCreated } from '@gatehouse/contracts/events/orgs/invitation'
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { startBackground } from '@gatehouse/service-kit/concurrency/background'
import { createLogger } from '@gatehouse/service-kit/logging/logger'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createSpine } from '@gatehouse/spine/produce/producer'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { startMailbox } from '@gatehouse/test-kit/mailbox/mailbox'
import { noNats } from '@gatehouse/test-kit/nats'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import type { Deps } from '../../src/deps.ts'
import { createPipelines } from '../../src/pipelines.ts'
import { createSmtpMailer } from '../../src/providers/smtp.ts'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { audit } from '../fixtures/audit.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 8)
const mailbox = await startMailbox()
t.teardown(() => mailbox.close())

const lines: string[] = []
const identity = createNeighbour('identity')
const orgs = createNeighbour('orgs')
const tokens = createNeighbour('tokens')
const authz = createNeighbour('authz')
const workers = createNeighbour('workers')

/** Where to send what, by id; what the owners of the data would answer. */
const verifications = new Map<string, { to: string; name: string; token: string } | null>()
const invitations = new Map<string, { to: string; organization_name: string; token: string } | null>()
const people = new Map<string, string>()
let minted = 0

const deps = {
  log: createLogger({ name: 'workers', level: 'debug', destination: { write: (line) => void lines.push(line) } }),
  ...audit,
  spine: createSpine({
    service: 'workers',
    runtime: database.connect('workers', 'runtime', 1),
    system,
    nats: noNats(),
    log: quietLog,
    clock: systemClock,
  }),
  system,
  nats: noNats(),
  feeds: {
    identity: identity.client,
    orgs: orgs.client,
    tokens: tokens.client,
    authz: authz.client,
    workers: workers.client,
  },
  publicUrl: 'https://id.example.com',
  mailLocale: 'en',
  mailer: createSmtpMailer({ url: mailbox.smtpUrl, from: 'Gatehouse <no-reply@gatehouse.example>' }),
  clients: {
    identity: {
      async mintEmailVerificationLink(id: string) {
        const mail = verifications.get(id)
        if (mail === undefined) throw problem('not_found')
        minted += 1
        return mail && { ...mail, token: `${mail.token}-${minted}` }
      },
      async getProfile(id: string) {
        const email = people.get(id)
        if (email === undefined) throw problem('not_found')
        return { id, email, name: 'Somebody', email_verified: true }
      },
    },
    orgs: {
      async mintInvitationLink(id: string) {
        const mail = invitations.get(id)
        if (mail === undefined) throw problem('not_found')
        return mail
      },
      brandOf: async () => ({ name: 'Acme', logo_url: null, colors: null }),
    },
  } as unknown as Deps['clients'],
} satisfies Partial<Deps> as Partial<Deps> as Deps

const pipelines = createPipelines(deps, {
  WORKERS_PIPELINES: ['mail', 'security-alert', 'audit'],
  REDIS_URL: process.env['REDIS_URL'] ?? '',
  QUEUE_PREFIX: `t${randomBytes(5).toString('hex')}`,
  JOBS_SWEEP_SECONDS: 1,
  AUDIT_CHECKPOINT_SECONDS: 900,
})
const running = startBackground(pipelines)
t.teardown(async () => {
  await running.stop()
  deps.mailer.close()
})

type Ledger = { state: string; attempts: number; last_error: string | null }
const ledgerOf = async (aggregate: string): Promise<Ledger | undefined> =>
  rowsOf<Ledger>(
    await system.execute(
      sql`select state, attempts, last_error from job_ledger where recipient_key like ${`%:${aggregate}`}`,
    ),
  )[0]
const settled = (key: string) =>
  waitUntil(
    `the job for ${key} is settled`,
    async () => {
      const entry = await ledgerOf(key)
      return entry !== undefined && entry.state !== 'pending' && entry
    },
    30_000,
  )
const mailsTo = (address: string) => mailbox.messages().filter((mail) => mail.To[0]?.Address === address)

function requestVerification(to: string): string {
  const verification_id = newId('ver')
  verifications.set(verification_id, { to, name: 'Ann', token: `gthv_${verification_id.slice(4)}` })
  const user_id = newId('user')
  identity.announce(EmailVerificationRequested, {
    subject: verification_id,
    userid: user_id,
    actor: `user:${user_id}`,
    requestid: 'req_mail',
    data: { verification_id, user_id },
  })
  return verification_id
}

t.test('a requested verification becomes one mail with the link, although the mail server fails first', async (t) => {
  mailbox.failNext(1)
  const id = requestVerification('ann@example.com')
  const mail = await mailbox.waitFor((message) => message.To[0]?.Address === 'ann@example.com', 30_000)
  const entry = await settled(id)
  t.equal(entry.state, 'done')
  t.equal(entry.attempts, 2)
  t.match(mail.Text, /https:\/\/id\.example\.com\/verify-email\?token=gthv_/)
  t.match(mail.HTML, /href="https:\/\/id\.example\.com\/verify-email\?token=gthv_/)
  t.match(mail.MessageID, /^job_[0-9a-z]{26}@gatehouse\.example$/, 'the ledger’s id')
  t.equal(mailsTo('ann@example.com').length, 1)
  t.match(mail.headers, { 'auto-submitted': ['auto-generated'] })
})

t.test('an invitation becomes one mail that names the organization', async (t) => {
  const invitation_id = newId('inv')
  const organization_id = newId('org')
  invitations.set(invitation_id, {
    to: 'bob@example.com',
    organization_name: 'Acme\r\nBcc: eve@example.com',
    token: 'gthi_secret',
  })
  orgs.announce(InvitationCreated, {
    subject: invitation_id,
    orgid: organization_id,
    data: { invitation_id, organization_id, roles: ['viewer'] },
  })
  const mail = await mailbox.waitFor((message) => message.To[0]?.Address === 'bob@example.com')
  t.match(mail.Subject, /^You are invited to Acme Bcc/)
  t.match(mail.Text, /https:\/\/id\.example\.com\/invitations\/accept\?token=gthi_secret/)
  t.same([mail.To.length, mail.Cc, mail.Bcc], [1, [], []])
  t.equal(mailsTo('eve@example.com').length, 0)
})

t.test('a reused refresh token alarms its owner; a family that ended with its session alarms nobody', async (t) => {
  const user_id = newId('user')
  people.set(user_id, 'carol@example.com')
  const revoked = (reason: 'reuse_detected' | 'session_ended') => {
    const family_id = newId('fam')
    return tokens.announce(FamilyRevoked, {
      subject: family_id,
      userid: user_id,
      time: '2026-11-24T03:04:05.000001Z',
      data: { family_id, session_id: newId('ses'), user_id, reason },
    })
  }
  revoked('session_ended')
  const { subject } = revoked('reuse_detected')
  const mail = await mailbox.waitFor((message) => message.To[0]?.Address === 'carol@example.com')
  t.match(mail.Subject, /ended one of your sessions/)
  t.match(mail.Text, /2026-11-24 03:04:05 UTC/)
  t.equal((await settled(subject)).state, 'done')
  t.equal(mailsTo('carol@example.com').length, 1)
})

t.test('nothing is sent when there is nothing to confirm any more, and what nobody knows is given up', async (t) => {
  const obsolete = requestVerification('dan@example.com')
  verifications.set(obsolete, null)
  t.equal((await settled(obsolete)).state, 'done')
  const unknown = requestVerification('dan@example.com')
  verifications.delete(unknown)
  const entry = await settled(unknown)
  t.match(entry, { state: 'dead', last_error: 'email-verification: its owner knows of none', attempts: 1 })
  t.equal(mailsTo('dan@example.com').length, 0)
})

/** An invitation by this name to this address; settles when its mail was sent or given up. */
async function inviteTo(to: string, organization_name: string): Promise<Ledger> {
  const invitation_id = newId('inv')
  const organization_id = newId('org')
  invitations.set(invitation_id, { to, organization_name, token: 'gthi_secret' })
  orgs.announce(InvitationCreated, {
    subject: invitation_id,
    orgid: organization_id,
    data: { invitation_id, organization_id, roles: ['viewer'] },
  })
  return settled(invitation_id)
}

t.test('the subject says a name literally, whatever it looks like', async (t) => {
  const names = [
    '=?UTF-8?Q?Your_bank?=',
    '=?utf-8?b?WW91ciBiYW5r?= Ltd',
    'a=?UTF-8?Q?b?=c =?ISO-8859-1?Q?=E9?=',
    '=?UTF-8?Q?unfinished',
    'Žluťoučký kůň'.repeat(6),
    '👨\u200d👩\u200d👧'.repeat(16),
    'می\u200cخواهم',
    'plain '.repeat(13).trim(),
    'acme.example',
    '"quoted", <angle>; (comment)',
  ]
  for (const [n, name] of names.entries()) {
    await inviteTo(`named-${n}@example.com`, name)
    t.equal(mailsTo(`named-${n}@example.com`)[0]?.Subject, `You are invited to ${name}`)
  }
})

t.test('an address gets so many invitations a day, whoever sends them, and other mails all the same', async (t) => {
  const to = 'flooded@example.com'
  const spelled = ['flooded@example.com', 'Flooded@Example.COM']
  const entries = await Promise.all(
    Array.from({ length: 14 }, (_, n) => inviteTo(spelled[n % 2] ?? to, `Organization ${n}`)),
  )
  t.equal(entries.filter(({ state }) => state === 'done').length, 10)
  for (const entry of entries.filter(({ state }) => state !== 'done'))
    t.match(entry, { state: 'dead', last_error: 'invitation: the recipient has had too many of these' })
  t.equal((await settled(requestVerification(to))).state, 'done')
})

/** An alarm to the person, which nobody asked for; settles when its mail was sent or given up. */
async function alarm(user_id: string): Promise<Ledger> {
  const family_id = newId('fam')
  const data = { family_id, session_id: newId('ses'), user_id, reason: 'reuse_detected' as const }
  tokens.announce(FamilyRevoked, { subject: family_id, userid: user_id, data })
  return settled(family_id)
}

const told = async (): Promise<string[]> =>
  rowsOf<{ subject: string }>(
    await system.execute(
      sql`select subject from outbox where aggregate_type = 'undeliverable_address' order by ordinal`,
    ),
  ).map(({ subject }) => subject.split('.')[3] ?? '')

t.test(
  'an address that refuses for good gets what its owner asks for and nothing else, until it takes that',
  async (t) => {
    const to = 'gone@example.com'
    const user_id = newId('user')
    people.set(user_id, to)
    mailbox.refuse(to, '550 5.1.1 no such user here: gone@example.com')
    t.match(await alarm(user_id), { state: 'dead', last_error: 'smtp EENVELOPE 550', attempts: 1 })
    mailbox.refuse(to, undefined)
    t.match(await alarm(user_id), { state: 'dead', last_error: 'refresh-token-reused: the address takes no mail' })
    t.equal(mailsTo(to).length, 0, 'the server was not asked')
    mailbox.refuse(to, '550 no mailbox')
    t.match(await settled(requestVerification('Gone@example.com')), { state: 'dead', last_error: 'smtp EENVELOPE 550' })
    t.same(await told(), ['recorded', 'recorded'])
    mailbox.refuse(to, undefined)
    t.equal((await settled(requestVerification(to))).state, 'done', 'the proof')
    t.same(await told(), ['recorded', 'recorded', 'cleared'])
    t.equal((await alarm(user_id)).state, 'done')
    t.equal((await settled(requestVerification(to))).state, 'done')
    t.equal((await told()).length, 3, 'a mail that is taken is no news')
  },
)

t.test('a sender or a content that is not liked, and a server that is busy, say nothing of the address', async (t) => {
  const [policy, content, busy] = ['policy@example.com', 'content@example.com', 'busy@example.com']
  mailbox.refuse(policy, '550 5.7.1 you are on a list')
  t.match(await settled(requestVerification(policy)), { state: 'dead', last_error: 'smtp EENVELOPE 550' })
  mailbox.failNext(1, 554)
  t.match(await settled(requestVerification(content)), { state: 'dead', last_error: 'smtp EMESSAGE 554' })
  mailbox.refuse(busy, '450 4.2.1 try again later')
  const id = requestVerification(busy)
  await waitUntil('a try has failed', async () => ((await ledgerOf(id))?.attempts ?? 0) > 0, 30_000)
  mailbox.refuse(busy, undefined)
  t.equal((await settled(id)).state, 'done')
  t.equal((await told()).length, 3)
})

t.test('an address that is a list, a header or a command is no address', async (t) => {
  const addresses = [
    'a@example.com, eve@example.com',
    'a@example.com\r\nRCPT TO:<eve@example.com>',
    'Eve <eve@example.com>',
    '"a b"@example.com',
    'a@b@c',
    'nobody',
  ]
  for (const [to, id] of addresses.map((to) => [to, requestVerification(to)] as const)) {
    t.match(await settled(id), { state: 'dead', last_error: 'the address is not a mailbox' }, JSON.stringify(to))
  }
  t.equal(mailsTo('eve@example.com').length, 0)
})

t.test('the same mail sent twice is recognizably one', async (t) => {
  const mail = {
    id: 'job_00000000000000000000000001',
    to: 'twice@example.com',
    subject: 's',
    text: 't',
    html: '<p>t</p>',
  }
  t.same(await deps.mailer.send(mail), { kind: 'accepted' })
  t.same(await deps.mailer.send(mail), { kind: 'accepted' })
  const ids = mailsTo('twice@example.com').map((message) => message.MessageID)
  t.same(ids, ['job_00000000000000000000000001@gatehouse.example', 'job_00000000000000000000000001@gatehouse.example'])
})

t.test('a mail server that is away is worth another try', async (t) => {
  const mailer = createSmtpMailer({ url: 'smtp://127.0.0.1:9', from: 'x@gatehouse.example' })
  t.teardown(() => mailer.close())
  await t.rejects(mailer.send({ id: newId('job'), to: 'a@example.com', subject: 's', text: 't', html: 'h' }), {
    code: 'upstream_failed',
    internal: /^smtp E[A-Z]+$/,
  })
})

t.test('the trail has what happened, and no log line or ledger row has an address, a name or a secret', async (t) => {
  const actions = await waitUntil('the audit pipeline has caught up', async () => {
    const rows = rowsOf<{ action: string }>(await system.execute(sql`select action from audit_events`)).map(
      (row) => row.action,
    )
    return rows.length === identity.events.length + orgs.events.length + tokens.events.length && rows
  })
  t.same([...new Set(actions)].sort(), ['email_verification.requested', 'family.revoked', 'invitation.created'])
  const written = lines.join('') + JSON.stringify(rowsOf(await system.execute(sql`select * from job_ledger`)))
  t.notMatch(written, /example\.com/)
  t.notMatch(written, /gth[vi]_/)
  t.notMatch(written, /Acme|Ann|Somebody/)
  t.match(lines.join(''), /"request_id":"req_mail"/, 'but the request that led to the mail')
})
