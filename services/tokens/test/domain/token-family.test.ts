/** The rules of a refresh family, as a table and as generated lives. */
import fc from 'fast-check'
import t from 'tap'
import { decideRefresh, nextIdleExpiry, type RefreshFacts } from '../../src/domain/token-family.ts'

const start = Date.UTC(2026, 0, 1)
const at = (seconds: number): Date => new Date(start + seconds * 1000)
const client = 'gatehouse-web'

const head: RefreshFacts = {
  clientId: client,
  presentedAt: at(100),
  token: { clientId: client, usedAt: undefined, repeatUntil: undefined },
  successor: undefined,
  family: { status: 'active' },
  session: { status: 'active', idleExpiresAt: at(1000), expiresAt: at(2000) },
}
const spent: RefreshFacts = {
  ...head,
  token: { clientId: client, usedAt: at(95), repeatUntil: at(105) },
  successor: { usedAt: undefined, isSealed: true },
}

t.test('one presentation', async (t) => {
  const cases: [string, RefreshFacts, ReturnType<typeof decideRefresh>][] = [
    ['the head is exchanged', head, { kind: 'rotate' }],
    ['the preceding token within the grace is repeated', spent, { kind: 'repeat' }],
    ['the last instant of the grace still counts', { ...spent, presentedAt: at(105) }, { kind: 'repeat' }],
    [
      'a millisecond later it is reuse',
      { ...spent, presentedAt: new Date(at(105).getTime() + 1) },
      { kind: 'reuse', because: 'grace_over' },
    ],
    [
      'once the successor is used a repeat is reuse',
      { ...spent, successor: { usedAt: at(99), isSealed: false } },
      { kind: 'reuse', because: 'superseded' },
    ],
    [
      'an erased copy cannot be repeated',
      { ...spent, successor: { usedAt: undefined, isSealed: false } },
      { kind: 'reuse', because: 'grace_over' },
    ],
    [
      'a repeat by another client is reuse',
      { ...spent, clientId: 'other' },
      { kind: 'reuse', because: 'other_client' },
    ],
    [
      'the head in the hands of another client is refused',
      { ...head, clientId: 'other' },
      { kind: 'refuse', because: 'other_client' },
    ],
    ['an idle session has expired', { ...head, presentedAt: at(1000) }, { kind: 'expired' }],
    [
      'an old session has expired',
      { ...head, presentedAt: at(2000), session: { ...head.session, idleExpiresAt: at(9000) } },
      { kind: 'expired' },
    ],
    ['reuse outranks expiry', { ...spent, presentedAt: at(5000) }, { kind: 'reuse', because: 'grace_over' }],
    [
      'a dead family says nothing new',
      { ...spent, presentedAt: at(5000), family: { status: 'revoked' } },
      { kind: 'refuse', because: 'family_revoked' },
    ],
    [
      'an ended session says nothing new',
      { ...head, session: { ...head.session, status: 'ended' } },
      { kind: 'refuse', because: 'session_ended' },
    ],
    [
      'a repeat in an expired session is refused as expired',
      { ...spent, session: { ...spent.session, idleExpiresAt: at(90) } },
      { kind: 'expired' },
    ],
  ]
  for (const [title, facts, expected] of cases) t.same(decideRefresh(facts), expected, title)
})

t.test('idle expiry moves with use and never past the absolute one', async (t) => {
  t.same(nextIdleExpiry({ now: at(0), idleTtlSeconds: 60, expiresAt: at(1000) }), at(60))
  t.same(nextIdleExpiry({ now: at(990), idleTtlSeconds: 60, expiresAt: at(1000) }), at(1000))
})

/** A family in memory: what the store does with each decision, and nothing else. */
function createFamily(graceSeconds: number) {
  type Token = { usedAt?: Date; repeatUntil?: Date; successor?: number; sealed?: boolean; previous?: number }
  const tokens: Token[] = [{}]
  let status: 'active' | 'revoked' = 'active'
  let session: RefreshFacts['session'] = { status: 'active', idleExpiresAt: at(500), expiresAt: at(2000) }
  return {
    tokens,
    isDead: () => status === 'revoked' || session.status === 'ended',
    endSession: () => void (session = { ...session, status: 'ended' }),
    present(index: number, now: Date, by: string): { kind: string; got?: number } {
      const token = tokens[index]
      if (token === undefined) return { kind: 'unknown' }
      const next = token.successor === undefined ? undefined : tokens[token.successor]
      const decision = decideRefresh({
        clientId: by,
        presentedAt: now,
        token: { clientId: client, usedAt: token.usedAt, repeatUntil: token.repeatUntil },
        successor: next && { usedAt: next.usedAt, isSealed: token.sealed === true },
        family: { status },
        session,
      })
      if (decision.kind === 'reuse') {
        status = 'revoked'
        session = { ...session, status: 'ended' }
      }
      if (decision.kind === 'expired') session = { ...session, status: 'ended' }
      if (decision.kind === 'repeat') return { kind: 'repeat', got: token.successor as number }
      if (decision.kind !== 'rotate') return decision
      Object.assign(token, {
        usedAt: now,
        repeatUntil: new Date(now.getTime() + graceSeconds * 1000),
        successor: tokens.length,
        sealed: graceSeconds > 0,
      })
      if (token.previous !== undefined) Object.assign(tokens[token.previous] as Token, { sealed: false })
      tokens.push({ previous: index })
      session = {
        ...session,
        idleExpiresAt: nextIdleExpiry({ now, idleTtlSeconds: 500, expiresAt: session.expiresAt }),
      }
      return { kind: 'rotate', got: tokens.length - 1 }
    },
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('present' as const),
      back: fc.nat(3),
      by: fc.constantFrom(client, client, client, 'other'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(0, 1, 5, 10, 11, 60, 600) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const) }) },
)

t.test('whatever order tokens are presented, waited for and ended in', async (t) => {
  fc.assert(
    fc.property(fc.constantFrom(0, 10, 60), fc.array(step, { maxLength: 40 }), (grace, steps) => {
      const family = createFamily(grace)
      let now = 0
      for (const one of steps) {
        if (one.do === 'wait') now += one.seconds
        if (one.do === 'end') family.endSession()
        if (one.do !== 'present') continue
        const wasDead = family.isDead()
        const before = family.tokens.length
        const index = Math.max(0, before - 1 - one.back)
        const outcome = family.present(index, at(now), one.by)

        if (family.tokens.filter((token) => token.usedAt === undefined).length !== 1) return false // one head, always
        if (wasDead && outcome.got !== undefined) return false // nothing comes back to life
        if (outcome.kind === 'repeat' && (outcome.got !== before - 1 || index !== before - 2 || one.by !== client))
          return false // only the direct predecessor, the identical successor
        if (outcome.kind === 'rotate' && (index !== before - 1 || one.by !== client)) return false // only the head, by its client
        if (outcome.kind === 'reuse' && (!family.isDead() || index === before - 1)) return false // reuse kills, the head is never reuse
        if (index < before - 2 && !wasDead && outcome.kind !== 'reuse') return false // anything older kills
        if (family.tokens.filter((token) => token.sealed).length > 1) return false // one sealed copy at most
      }
      return true
    }),
    { numRuns: 5000 },
  )
  t.pass('5,000 generated lives')
})
