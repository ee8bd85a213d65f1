/** The rules of a refresh family, as a table and as generated lives. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { networkOf, type Presenter } from '../../src/domain/presenter.ts'
import {
  decideRefresh,
  maxRepeatsElsewhere,
  maxSharedExchanges,
  nextIdleExpiry,
  type RefreshFacts,
} from '../../src/domain/token-family.ts'

const start = Date.UTC(2026, 0, 1)
const at = (seconds: number): Date => new Date(start + seconds * 1000)
const client = 'gatehouse-web'

const away = { network: '198.51.100.0/24', device: 'Chrome on Linux' }
const home = { network: '203.0.113.0/24', device: 'Chrome on Linux' }

const head: RefreshFacts = {
  clientId: client,
  presenter: home,
  presentedAt: at(100),
  token: { clientId: client, usedAt: undefined, repeatUntil: undefined, usedBy: undefined, repeatsElsewhere: 0 },
  successor: undefined,
  family: { status: 'active', sharedExchanges: 0 },
  session: { status: 'active', idleExpiresAt: at(1000), expiresAt: at(2000) },
}
const spent: RefreshFacts = {
  ...head,
  token: { clientId: client, usedAt: at(95), repeatUntil: at(105), usedBy: home, repeatsElsewhere: 0 },
  successor: { usedAt: undefined, isSealed: true },
}

t.test('one presentation', async (t) => {
  const cases: [string, RefreshFacts, ReturnType<typeof decideRefresh>][] = [
    ['the head is exchanged', head, { kind: 'rotate' }],
    ['the preceding token within the grace is repeated', spent, { kind: 'repeat', elsewhere: false }],
    [
      'the last instant of the grace still counts',
      { ...spent, presentedAt: at(105) },
      { kind: 'repeat', elsewhere: false },
    ],
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
      { ...spent, presentedAt: at(5000), family: { ...spent.family, status: 'revoked' } },
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
    ['from another network it is counted', { ...spent, presenter: away }, { kind: 'repeat', elsewhere: true }],
    [
      'from another kind of device too',
      { ...spent, presenter: { ...home, device: 'curl' } },
      { kind: 'repeat', elsewhere: true },
    ],
    [
      'one exchange too many in a row that is shared',
      { ...spent, presenter: away, family: { status: 'active', sharedExchanges: maxSharedExchanges } },
      { kind: 'reuse', because: 'shared' },
    ],
    [
      'its own presenter may repeat whatever others did',
      { ...spent, family: { status: 'active', sharedExchanges: maxSharedExchanges } },
      { kind: 'repeat', elsewhere: false },
    ],
    [
      'a token repeated from elsewhere too often',
      { ...spent, presenter: away, token: { ...spent.token, repeatsElsewhere: maxRepeatsElsewhere } },
      { kind: 'reuse', because: 'shared' },
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
  type Token = {
    usedAt?: Date
    repeatUntil?: Date
    successor?: number
    sealed?: boolean
    previous?: number
    usedBy?: Presenter
    repeatsElsewhere: number
  }
  const tokens: Token[] = [{ repeatsElsewhere: 0 }]
  const shared = { exchanges: 0, token: -1 }
  let status: 'active' | 'revoked' = 'active'
  let session: RefreshFacts['session'] = { status: 'active', idleExpiresAt: at(500), expiresAt: at(2000) }
  return {
    tokens,
    isDead: () => status === 'revoked' || session.status === 'ended',
    endSession: () => void (session = { ...session, status: 'ended' }),
    present(index: number, now: Date, by: string, presenter: Presenter = home): { kind: string; got?: number } {
      const token = tokens[index]
      if (token === undefined) return { kind: 'unknown' }
      const next = token.successor === undefined ? undefined : tokens[token.successor]
      const decision = decideRefresh({
        clientId: by,
        presenter,
        presentedAt: now,
        token: { clientId: client, usedAt: undefined, repeatUntil: undefined, usedBy: undefined, ...token },
        successor: next && { usedAt: next.usedAt, isSealed: token.sealed === true },
        family: { status, sharedExchanges: shared.exchanges },
        session,
      })
      if (decision.kind === 'repeat' && decision.elsewhere && ++token.repeatsElsewhere === 1)
        Object.assign(shared, { exchanges: shared.exchanges + 1, token: index })
      if (decision.kind === 'reuse') {
        status = 'revoked'
        session = { ...session, status: 'ended' }
      }
      if (decision.kind === 'expired') session = { ...session, status: 'ended' }
      if (decision.kind === 'repeat') return { kind: 'repeat', got: token.successor as number }
      if (decision.kind !== 'rotate') return decision
      if (shared.token !== token.previous) shared.exchanges = 0
      Object.assign(token, {
        usedBy: presenter,
        usedAt: now,
        repeatUntil: new Date(now.getTime() + graceSeconds * 1000),
        successor: tokens.length,
        sealed: graceSeconds > 0,
      })
      if (token.previous !== undefined) Object.assign(tokens[token.previous] as Token, { sealed: false })
      tokens.push({ previous: index, repeatsElsewhere: 0 })
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
        // Only the head is rotated, by its client.
        if (outcome.kind === 'rotate' && (index !== before - 1 || one.by !== client)) return false
        // Reuse kills the family, and the head is never reuse.
        if (outcome.kind === 'reuse' && (!family.isDead() || index === before - 1)) return false
        if (index < before - 2 && !wasDead && outcome.kind !== 'reuse') return false // anything older kills
        if (family.tokens.filter((token) => token.sealed).length > 1) return false // one sealed copy at most
      }
      return true
    }),
    { numRuns: 5000 },
  )
  t.pass('5,000 generated lives')
})

t.test(
  'presenters who each hold a copy: nobody rides the grace for ever, and somebody alone is never taken for two',
  async (t) => {
    const presenters = [home, away, { network: '2001:db8:1::/48', device: 'Firefox on Windows' }]
    const turn = fc.record({ who: fc.nat(2), seconds: fc.integer({ min: 0, max: 9 }) })
    const ridden: number[] = []
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(turn, { minLength: 20, maxLength: 120 }),
        (holders, turns) => {
          const family = createFamily(10)
          const held = presenters.map(() => 0)
          const served = new Map<number, Set<number>>()
          let now = 0
          for (const { who, seconds } of turns) {
            now += seconds
            const me = who % holders
            const index = held[me] as number
            const { got } = family.present(index, at(now), client, presenters[me] as Presenter)
            if (got === undefined) continue
            held[me] = got
            served.set(index, (served.get(index) ?? new Set()).add(me))
          }
          if (holders === 1) return !family.isDead() || now >= 500
          // Exchanges in a row after which two presenters went on with the same successor.
          let inARow = 0
          let most = 0
          for (let index = 0; index < family.tokens.length; index++) {
            inARow = (served.get(index)?.size ?? 0) > 1 ? inARow + 1 : 0
            most = Math.max(most, inARow)
          }
          ridden.push(most)
          return most <= maxSharedExchanges
        },
      ),
      { numRuns: 5000 },
    )
    t.equal(Math.max(...ridden), maxSharedExchanges, 'the bound is reached')
  },
)

t.test('a network is what people move within', async (t) => {
  t.equal(networkOf('203.0.113.9'), networkOf('203.0.113.200'))
  t.equal(networkOf('203.0.113.9'), '203.0.113.0/24')
  t.equal(networkOf('2001:db8:1:2:3:4:5:6'), networkOf('2001:db8:1::9'))
  t.not(networkOf('2001:db8:1::1'), networkOf('2001:db8:2::1'))
  t.equal(networkOf('2001:db8::1'), '2001:db8:0::/48')
  t.equal(networkOf('::1'), '0:0:0::/48')
  t.equal(networkOf(undefined), 'unknown')
})
