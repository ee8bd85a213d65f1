/**
 * How many wrong passwords are let through: counters over generated attacks, and what a person on a known device keeps.
 */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { networksOf } from '../../src/domain/network.ts'
import { countersOf, decideAdmission, type Counted, type SignInCounter } from '../../src/domain/sign-in-limits.ts'

const limits = { pair: 10, account: 30, source: 100, device: 10, halfLifeSeconds: 900 }

type Try = { address: string; from: string; deviceId?: string | undefined; right?: boolean }

/** The counters as a table that never forgets: the hardest case for whoever is to be let in. */
function openTable() {
  const failures = new Map<string, number>()
  const keyOf = ({ scope, parts }: SignInCounter): string => JSON.stringify([scope, ...parts])
  const countsOf = (counters: SignInCounter[]): Counted[] =>
    counters.map((one) => ({ ...one, failures: failures.get(keyOf(one)) ?? 0 }))
  /** Whether a right password would have got in. A wrong one that would is counted. */
  return ({ address, from, deviceId, right = false }: Try): boolean => {
    const counters = countersOf({ address, networks: networksOf(from), deviceId, limits })
    const admission = decideAdmission(countsOf(counters))
    if (admission.kind === 'admitted' && !right)
      for (const one of admission.counters)
        failures.set(keyOf(one), Math.min(one.ceiling, (failures.get(keyOf(one)) ?? 0) + 1))
    return admission.kind === 'admitted'
  }
}

const guesses = (present: (one: Try) => boolean, tries: Try[]): number => tries.filter((one) => present(one)).length
const repeat = (count: number, one: Try): Try[] => Array.from({ length: count }, () => one)

t.test(
  'sixty guesses from six addresses are slowed: three networks spend their ten, each other one has one',
  async (t) => {
    const present = openTable()
    const tries = Array.from({ length: 6 }, (_, n) => repeat(10, { address: 'a', from: `203.0.113.${n}` })).flat()
    t.equal(guesses(present, tries), 33)
    t.equal(present({ address: 'a', from: '203.0.113.5', right: true }), false, 'a network that has failed waits')
    t.equal(present({ address: 'a', from: '198.51.100.1', right: true }), true, 'a network that has not gets in')
    t.equal(present({ address: 'b', from: '203.0.113.5', right: true }), true, 'another account is not concerned')
  },
)

t.test('an attack from everywhere ends at three times the limit, and only a known device gets in', async (t) => {
  const present = openTable()
  const tries = Array.from({ length: 4000 }, (_, n) => ({ address: 'a', from: `10.${n >> 8}.${n & 255}.1` }))
  t.equal(guesses(present, tries), 90)
  t.equal(present({ address: 'a', from: '192.0.2.1', right: true }), false)
  t.equal(present({ address: 'a', from: '192.0.2.1', deviceId: 'd', right: true }), true)
})

t.test('one IPv6 site has at most four times the tries of one network, however many networks it makes', async (t) => {
  const inSite = (n: number): string => `2001:db8:7:${n.toString(16)}::1`
  const present = openTable()
  const wide = { ...limits, account: 1000 }
  t.equal(
    guesses(present, Array.from({ length: 300 }, (_, n) => repeat(10, { address: 'a', from: inSite(n) })).flat()),
    30,
    'the account slows it first',
  )
  const pairs = countersOf({ address: 'a', networks: networksOf(inSite(1)), deviceId: undefined, limits: wide })
  t.same(
    pairs.filter(({ scope }) => scope === 'pair').map(({ limit }) => limit),
    [10, 20, 40],
  )
})

t.test('one network that tries many accounts is stopped, and those who are known behind it are not', async (t) => {
  const present = openTable()
  const tries = Array.from({ length: 500 }, (_, n) => ({ address: `person-${n}`, from: '203.0.113.9' }))
  t.equal(guesses(present, tries), 100)
  t.equal(present({ address: 'me', from: '203.0.113.9', right: true }), false)
  t.equal(present({ address: 'me', from: '203.0.113.9', deviceId: 'mine', right: true }), true)
})

t.test('a known device has its own budget, and beyond it is a stranger again', async (t) => {
  const present = openTable()
  t.equal(
    guesses(present, repeat(50, { address: 'a', from: '192.0.2.1', deviceId: 'd' })),
    20,
    'ten of its own, ten of the network',
  )
})

t.test('whatever strangers do, a known device gets in and guesses stay bounded', async () => {
  const attack = fc.array(
    fc.record({
      address: fc.constantFrom('a', 'b'),
      from: fc.oneof(
        fc.nat(40).map((n) => `198.51.100.${n}`),
        fc.nat(40).map((n) => `2001:db8:1:${n.toString(16)}::1`),
      ),
    }),
    { maxLength: 400 },
  )
  fc.assert(
    fc.property(attack, (tries) => {
      const present = openTable()
      const admitted = tries.filter((one) => present(one) && one.address === 'a').length
      return admitted <= 90 && present({ address: 'a', from: '198.51.100.3', deviceId: 'mine', right: true })
    }),
  )
})
