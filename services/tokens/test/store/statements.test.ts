/**
 * What refreshing and starting a session cost: statements, round trips and events, counted on the wire. A rise is a
 * regression, whatever the clock says. Nothing runs in the background, and each statement has been asked before, as in
 * a service that has been up for a second.
 */
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { adminUrl } from '@gatehouse/test-kit/database'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import t from 'tap'
import { claimExchange, findPresented } from '../../src/store/refresh-tokens.ts'
import { openPlatform } from '../fixtures/platform.ts'

const counter = await startStatementCounter(t, adminUrl())
const platform = await openPlatform(t, { through: counter.through })
const replica = await platform.replica(systemClock, true)
const pollAll = () => Promise.all(Object.values(replica.deps.following).map((one) => one.pollNow()))
const eventsOf = async (): Promise<number> => (await platform.announced(replica)).length

/** A person of one organization. */
async function someone() {
  const { id } = platform.person()
  const { id: organization_id } = platform.organizationOf(id)
  await pollAll()
  const signIn = () => platform.signIn(replica, id, { organization_id })
  const chain = { token: (await signIn()).refresh_token }
  const refresh = async () => {
    const { status, body } = await platform.refresh(replica, chain.token)
    if (status !== 200) throw new Error(`refresh answered ${status}`)
    chain.token = String(body['refresh_token'])
  }
  return { signIn, refresh, chain }
}

t.test('a refresh is two statements in two round trips, and no event', async (t) => {
  const { refresh } = await someone()
  const before = await eventsOf()
  const { statements, roundTrips, parses, texts } = await counter.whenKnown(refresh)
  t.equal(statements, 2, texts.join('\n'))
  t.equal(roundTrips, 2)
  t.equal(parses, 0)
  t.equal((await eventsOf()) - before, 0)
})

t.test('a session begins in one transaction, and one event', async (t) => {
  const { signIn } = await someone()
  let sessions = 0
  const before = await eventsOf()
  const { statements, roundTrips, parses, texts } = await counter.whenKnown(() =>
    signIn().finally(() => (sessions += 1)),
  )
  t.equal(statements, 7, texts.join('\n'))
  t.equal(roundTrips, 5, 'the scope goes with the first of them, the event with the session')
  t.equal(texts.filter((text) => text === 'begin').length, 1)
  t.equal(parses, 0)
  t.equal((await eventsOf()) - before, sessions)
})

t.test('what was seen before the exchange must still hold under the lock, or nothing is exchanged', async (t) => {
  const changes = {
    'the session has another version': 'update sessions set version = version + 1 where id = $1',
    'the session has ended':
      "update sessions set status = 'ended', ended_at = now(), end_reason = 'logout', floor_changed_at = now() " +
      'where id = $1',
    'the person is disabled':
      "update user_states set status = 'disabled' where id = (select user_id from sessions where id = $1)",
    'the person has another version':
      'update user_states set version = version + 1 where id = (select user_id from sessions where id = $1)',
    'the family is revoked': "update refresh_families set status = 'revoked', revoked_at = now() where session_id = $1",
    'the token was exchanged': `update refresh_tokens
      set used_at = now(), repeat_until = now(), successor_id = gen_random_uuid()
      where session_id = $1 and used_at is null`,
  }
  for (const [what, change] of [...Object.entries(changes), ['nothing changed', '']] as const) {
    const { chain } = await someone()
    const seen = await findPresented(replica.deps.system, { hash: hashSecret(chain.token), organizationId: undefined })
    if (!seen?.user) throw new Error('nothing was seen')
    const { session, user, token } = seen
    const [row] = await platform.admin<{ session_id: string }[]>`
      select session_id from refresh_tokens where hash = ${hashSecret(chain.token)}`
    if (change !== '') await platform.admin.unsafe(change, [row?.session_id ?? ''])
    const won = await claimExchange(replica.deps.db, {
      user,
      session,
      tokenId: token.id,
      successor: { id: newId('rt'), hash: Buffer.alloc(32, what), sealed: Buffer.alloc(8) },
      graceSeconds: 10,
      by: { network: 'unknown', device: 'unknown' },
      clientAddress: undefined,
      idleExpiresAt: session.idleExpiresAt,
      organizationId: null,
    })
    t.equal(won, change === '', what)
    const made = await platform.admin`select 1 from refresh_tokens where hash = ${Buffer.alloc(32, what)}`
    t.equal(made.length, change === '' ? 1 : 0, what)
  }
})

t.test('nobody exchanges another person’s token: row-level security holds inside the function', async (t) => {
  const { chain } = await someone()
  const seen = await findPresented(replica.deps.system, { hash: hashSecret(chain.token), organizationId: undefined })
  const other = platform.person()
  await pollAll()
  if (seen === undefined) throw new Error('nothing was seen')
  const won = await claimExchange(replica.deps.db, {
    user: { id: other.id, version: 1 },
    session: seen.session,
    tokenId: seen.token.id,
    successor: { id: newId('rt'), hash: Buffer.alloc(32, 7), sealed: Buffer.alloc(8) },
    graceSeconds: 10,
    by: { network: 'unknown', device: 'unknown' },
    clientAddress: undefined,
    idleExpiresAt: seen.session.idleExpiresAt,
    organizationId: null,
  })
  t.equal(won, false)
})
