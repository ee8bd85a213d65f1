/**
 * The audit trail from the event to the verified file: chains, checkpoints, export, erasure, and a database that
 * somebody tampered with.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import t from 'tap'
import { sql } from 'drizzle-orm'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { UserErased } from '@gatehouse/contracts/events/identity/user'
import { SessionStarted } from '@gatehouse/contracts/events/tokens/session'
import { publicKeysOf, type Jwks } from '@gatehouse/access/tokens/jwks-source'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import type { Deps } from '../../src/deps.ts'
import { createVerifier } from '../../src/evidence/verifier.ts'
import { auditSubscription } from '../../src/events/subscriptions.ts'
import { coverAllChains, makeCheckpoint } from '../../src/use-cases/audit/make-checkpoint.ts'
import { takeSealing } from '../../src/store/audit-chains.ts'
import { stepsPerTurn, turnsTaken, type TurnTaken } from '@gatehouse/service-kit/concurrency/turns'
import { sealAudit } from '../../src/use-cases/audit/seal-audit.ts'
import { openApp } from '../fixtures/app.ts'
import { audit } from '../fixtures/audit.ts'
import { personHeaders, serviceHeaders } from '../fixtures/callers.ts'

const database = await testDatabase(t, { services: ['workers'] })
const [system, rival] = [database.connect('workers', 'system', 4), database.connect('workers', 'system', 2)]
const owner = database.connect('workers', 'owner')
const lines: string[] = []
const log = {
  ...quietLog,
  info: (given: object) => void lines.push(JSON.stringify(given)),
} as unknown as typeof quietLog
let isAllowed = true
const app = openApp({
  log: quietLog,
  clients: { authz: { decide: async () => ({ allowed: isAllowed }) } } as unknown as Deps['clients'],
  db: database.connect('workers', 'runtime'),
  system,
  ...audit,
})
t.teardown(() => app.close())

const [org, otherOrg] = [newId('org'), newId('org')]
const [ann, bob] = [newId('user'), newId('user')]
const orgs = createNeighbour('orgs')
const tokens = createNeighbour('tokens')
const identity = createNeighbour('identity')
const { handle } = auditSubscription(audit)
const take = (event: EventEnvelope) => inScope(system, {}, (tx) => handle(tx, event))
const takeAll = async (events: readonly EventEnvelope[]): Promise<void> => {
  for (let at = 0; at < events.length; at += 20) await Promise.all(events.slice(at, at + 20).map(take))
}
const annsAddress = '203.0.113.77'
const bobsAddress = '198.51.100.9'

const updated = (orgid: string, more: Partial<EventEnvelope> = {}): EventEnvelope => {
  const [membership_id, user_id] = [newId('mem'), newId('user')]
  return orgs.announce(MembershipUpdated, {
    subject: membership_id,
    orgid,
    userid: user_id,
    actor: `user:${ann}`,
    clientaddress: annsAddress,
    useragent: 'AnnsBrowser/1.0',
    ...more,
    data: {
      membership_id,
      organization_id: orgid,
      user_id,
      status: 'active',
      is_owner: false,
      attributes: { level: 1e21, ratio: 0.1, name: 'ö' },
      changed: ['attributes'],
    },
  })
}
const signedIn = (userid: string, clientaddress: string): EventEnvelope => {
  const session_id = newId('ses')
  const data = { session_id, user_id: userid, client_id: 'web', amr: ['pwd'] }
  return tokens.announce(SessionStarted, { subject: session_id, userid, actor: `user:${userid}`, clientaddress, data })
}

const textOf = async (url: string, orgId: string | undefined = org) => {
  const answer = await app.inject({ url, headers: personHeaders(bob, orgId)(url.split('?')[0] ?? url) })
  return { status: answer.statusCode, type: answer.headers['content-type'], text: answer.body }
}
const evidenceOf = async (id = org, query = ''): Promise<string> => {
  const { status, text } = await textOf(`/v1/organizations/${id}/audit-evidence${query}`, id)
  if (status !== 200) throw new Error(`${status}: ${text}`)
  return text
}
const keysNow = async (): Promise<Jwks> => {
  const url = '/v1/audit-keys'
  return (await app.inject({ url, headers: serviceHeaders('gateway')(url) })).json<Jwks>()
}
async function verdictOf(evidence: string) {
  const verifier = createVerifier(publicKeysOf(await keysNow()))
  for (const line of evidence.trimEnd().split('\n')) verifier.take(line)
  return verifier.finish()
}

t.test('each record gets one link in the chain of its organization, whichever replica makes it', async (t) => {
  const events = Array.from({ length: 700 }, (_, n) => updated(n % 3 === 0 ? otherOrg : org))
  events.push(signedIn(ann, annsAddress), signedIn(bob, bobsAddress))
  await takeAll(events)
  const turns: TurnTaken[] = []
  const note = (turn: unknown): void => void turns.push(turn as TurnTaken)
  subscribe(turnsTaken.name, note)
  const counts = await Promise.all([sealAudit({ system }), sealAudit({ system: rival }), sealAudit({ system })])
  t.equal(counts.reduce((sum, count) => sum + count, 0) + (await sealAudit({ system })), 702)
  t.equal(await sealAudit({ system }), 0, 'and never a second one')
  unsubscribe(turnsTaken.name, note)
  const sealing = turns.filter(({ work }) => work === 'audit sealing').map(({ steps }) => steps)
  t.ok(sealing.length >= 4 && Math.max(...sealing) < 1.1 * stepsPerTurn, `turns of ${sealing.join(', ')} steps`)
  await coverAllChains({ ...audit, system, log })
  t.equal(lines.length, 1, 'the root leaves the database by the log')
  await coverAllChains({ ...audit, system, log })
  t.equal(lines.length, 1, 'nothing has grown since')
  for (const event of [updated(org), updated(org)]) await take(event)
  await sealAudit({ system })
  t.same(await verdictOf(await evidenceOf()), {
    faults: [],
    chain: org,
    records: 468,
    checkpoints: 1,
    checkpointed: 466,
  })
  t.match(await verdictOf(await evidenceOf(otherOrg)), { faults: [], records: 234, checkpointed: 234 })
  t.match(await verdictOf(await evidenceOf(org, '?after=460')), { faults: [], records: 8, checkpointed: 466 })
  t.match(await verdictOf(await evidenceOf(newId('org'))), { faults: [], records: 0 })
  const platform = await textOf('/v1/platform/audit-evidence', undefined)
  t.match(await verdictOf(platform.text), { faults: [], chain: 'platform', records: 2 })
})

t.test('while one replica seals, another neither links nor signs', async (t) => {
  await take(updated(org))
  await inScope(rival, {}, async (tx) => {
    t.ok(await takeSealing(tx))
    t.equal(await sealAudit({ system }), 0)
    t.equal(await makeCheckpoint({ ...audit, system, log }), false)
  })
  t.equal(await sealAudit({ system }), 1)
})

t.test('the command needs the file and the keys, and says which record was touched', async (t) => {
  const folder = t.testdir({})
  const files = { whole: join(folder, 'whole'), touched: join(folder, 'touched'), keys: join(folder, 'keys') }
  const evidence = await evidenceOf()
  writeFileSync(files.whole, evidence)
  writeFileSync(files.touched, evidence.replace(/("seq":41,.*)membership\.updated/, '$1membership.removed'))
  writeFileSync(files.keys, JSON.stringify(await keysNow()))
  const program = new URL('../../src/verify-audit.ts', import.meta.url).pathname
  const verify = (file: string) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', program, file, '--keys', files.keys], {
      env: { PATH: process.env['PATH'] },
    }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => error,
    )
  t.match(await verify(files.whole), { code: 0, stdout: /469 records.*\nThe evidence holds\./ })
  t.match(await verify(files.touched), { code: 1, stdout: /^FAULT {2}record 41 \(aud_\w+\) was changed/ })
})

t.test(
  'erasing a person takes their whereabouts out of lists, exports and tables, and the chain still holds',
  async (t) => {
    const seenBy = async (userId: string) => {
      const url = '/v1/me/activity'
      const { data } = (await app.inject({ url, headers: personHeaders(userId)(url) })).json<{
        data: { client_address: string | null }[]
      }>()
      return data.at(-1)?.client_address
    }
    t.equal(await seenBy(ann), annsAddress)
    t.equal(await seenBy(bob), bobsAddress)
    const before = await evidenceOf()
    const user_id = ann
    await take(
      identity.announce(UserErased, {
        subject: ann,
        userid: ann,
        actor: `user:${ann}`,
        clientaddress: annsAddress,
        data: { user_id, min_uv: 2, via: 'request' },
      }),
    )
    await take(signedIn(ann, annsAddress))
    await sealAudit({ system })
    t.equal(await seenBy(ann), null)
    t.equal(await seenBy(bob), bobsAddress, 'of others nothing is lost')
    const { text } = await textOf(`/v1/organizations/${org}/audit-events/export?actor=${ann}`)
    t.equal(text.trimEnd().split('\n').length, 469)
    t.notMatch(text, /203\.0\.113\.77|AnnsBrowser/)
    t.same(await verdictOf(before), { faults: [], chain: org, records: 469, checkpoints: 1, checkpointed: 466 })
    t.match(await verdictOf(await evidenceOf()), { faults: [], records: 469, checkpointed: 466 })
    const [kept] = rowsOf<{ events: string; keys: string }>(
      await system.execute(sql`
      select (select string_agg(e::text, ' ') from audit_events e) as events, (select count(*) from audit_person_keys
        where key_sealed is null) as keys`),
    )
    t.notMatch(kept?.events, /203\.0\.113\.77|AnnsBrowser|198\.51\.100\.9/, 'and nobody’s ever stood there in clear')
    t.equal(Number(kept?.keys), 1)
  },
)

t.test('what is changed, removed or moved in the database itself is found', async (t) => {
  // What only whoever rules the database can do.
  for (const table of ['audit_events', 'audit_links'])
    await owner.execute(sql.raw(`alter table ${table} no force row level security`))
  const tampered = async (
    statement: (chain: string, recordAt: (seq: number) => ReturnType<typeof sql>) => ReturnType<typeof sql>,
  ) => {
    const victim = newId('org')
    for (let n = 0; n < 6; n += 1) await take(updated(victim))
    await sealAudit({ system })
    await coverAllChains({ ...audit, system, log })
    const chain = uuidOf(victim)
    await owner.execute(
      statement(chain, (seq) => sql`(select record_id from audit_links where chain = ${chain} and seq = ${seq})`),
    )
    return (await verdictOf(await evidenceOf(victim))).faults
  }
  t.same(await tampered(() => sql`select 1`), [])
  for (const column of ['actor_id', 'action', 'personal_sealed', 'user_id = gen_random_uuid(), request_id'])
    t.match(
      await tampered(
        (_, recordAt) => sql`update audit_events set ${sql.raw(column)} = 'other' where id = ${recordAt(3)}`,
      ),
      [/^record 3 .*was changed/],
      column,
    )
  t.match(await tampered((_, recordAt) => sql`delete from audit_events where id = ${recordAt(4)}`), [
    /^record 4 is missing/,
  ])
  t.match(
    await tampered(
      (chain) => sql`
        update audit_links l set record_id = other.record_id, occurred_at = other.occurred_at from audit_links other
        where l.chain = ${chain} and other.chain = ${chain} and l.seq in (2, 3) and other.seq = 5 - l.seq`,
    ),
    [/^record 2 .*does not belong/, /^record 3 .*does not belong/],
  )
  const cut = await tampered((chain) => sql`delete from audit_links where chain = ${chain} and seq > 4`)
  t.ok(
    cut.some((fault) => fault.startsWith('record 6 is missing')),
    cut.join('; '),
  )
})

t.test('files for other tools: every event, filtered like the list, nothing a spreadsheet would run', async (t) => {
  const third = newId('org')
  const bobs = { actor: `user:${bob}`, useragent: '=cmd|"x"' }
  await takeAll(Array.from({ length: 600 }, (_, n) => updated(third, n === 0 ? bobs : {})))
  const path = `/v1/organizations/${third}/audit-events/export`
  const ndjson = await textOf(path, third)
  t.equal(ndjson.type, 'application/x-ndjson')
  const events = ndjson.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string })
  t.equal(new Set(events.map(({ id }) => id)).size, 600)
  const csv = await textOf(`${path}?format=csv&order=desc`, third)
  t.match(csv.type, /^text\/csv/)
  const rows = csv.text.trimEnd().split('\r\n')
  t.equal(rows.length, 601)
  t.match(rows[0], /^id,occurred_at,action,outcome,/)
  t.match(rows.at(-1), /,"'=cmd\|""x""",/)
  t.equal((await textOf(`${path}?format=csv&actor=${bob}`, third)).text.trimEnd().split('\r\n').length, 2)
  const ocsf = (await textOf(`${path}?format=ocsf&actor=${bob}`, third)).text
  t.match(JSON.parse(ocsf), {
    class_uid: 3004,
    activity_id: 3,
    type_uid: 300403,
    status_id: 1,
    actor: { user: { uid: bob } },
    entity: { type: 'membership' },
    src_endpoint: { ip: annsAddress },
    unmapped: { action: 'membership.updated', organization_id: third },
  })
  t.equal((await textOf(`/v1/organizations/${newId('org')}/audit-events/export?format=csv`)).status, 404)
  t.equal((await textOf(`${path}?format=xml`, third)).status, 400)
})

t.test(
  'who may not read the trail gets no file of it; a chain has no record it does not have; keys are for all',
  async (t) => {
    isAllowed = false
    t.teardown(() => (isAllowed = true))
    for (const url of [`/v1/organizations/${org}/audit-evidence`, `/v1/organizations/${org}/audit-events/export`])
      t.equal((await textOf(url)).status, 403, url)
    t.equal((await textOf('/v1/platform/audit-evidence', undefined)).status, 403)
    isAllowed = true
    t.equal((await textOf(`/v1/organizations/${org}/audit-evidence?after=100000`)).status, 404)
    t.equal((await textOf(`/v1/organizations/${org}/audit-evidence?after=-1`)).status, 400)
    t.equal((await textOf(`/v1/organizations/${otherOrg}/audit-evidence`)).status, 404)
    const { keys } = await keysNow()
    t.same(keys.map(Object.keys), [['kid', 'kty', 'crv', 'x', 'y', 'alg', 'use']], 'public members alone')
  },
)
