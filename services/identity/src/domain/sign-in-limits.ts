/**
 * How many wrong passwords are let through, by whom they are presented (OWASP: device cookies). Every counter halves
 * with time and stands still at its own limit, so a lock is a slow trickle of tries that ends by itself and never a
 * state that an attacker could keep up for good.
 *
 * - `pair`: one account from one network. Wider networks have wider limits.
 * - `account`: one account from everywhere. At its limit each network has one try left, at three times its limit only
 *   known devices get in.
 * - `source`: one network over all accounts (credential stuffing).
 * - `device`: one account from one device that has signed in before. It stands outside all of the others.
 */

export type SignInLimits = {
  pair: number
  account: number
  source: number
  device: number
  halfLifeSeconds: number
}

export type CounterScope = 'device' | 'pair' | 'account' | 'source'

/** One counter: what it counts by, where it is announced, and where it stands still. */
export type SignInCounter = { scope: CounterScope; parts: readonly string[]; limit: number; ceiling: number }
export type Counted = SignInCounter & { failures: number }

const exhaustedFactor = 3

type Presenter = { address: string; networks: readonly string[]; deviceId: string | undefined; limits: SignInLimits }

/** The counters of one try. `networks` are ordered narrow to wide: each wider one may fail twice as often. */
export function countersOf({ address, networks, deviceId, limits }: Presenter): SignInCounter[] {
  const widening = networks.map((network, index) => ({ network, factor: 2 ** index }))
  const device = deviceId === undefined ? [] : [counter('device', [address, deviceId], limits.device)]
  return [
    ...device,
    ...widening.map(({ network, factor }) => counter('pair', [address, network], limits.pair * factor)),
    counter('account', [address], limits.account, exhaustedFactor),
    ...widening.map(({ network, factor }) => counter('source', [network], limits.source * factor)),
  ]
}

const counter = (scope: CounterScope, parts: readonly string[], limit: number, factor = 1): SignInCounter => ({
  scope,
  parts,
  limit,
  ceiling: limit * factor,
})

/** `counters`: those that the failure of this try counts towards. */
export type Admission =
  | { kind: 'admitted'; counters: readonly Counted[] }
  | { kind: 'refused'; by: CounterScope; counters: readonly Counted[] }

/** Whether a right password would get in now. */
export function decideAdmission(counts: readonly Counted[]): Admission {
  const [device] = counts.filter(({ scope }) => scope === 'device')
  if (device !== undefined && !isFull(device)) return { kind: 'admitted', counters: [device] }
  const counters = counts.filter(({ scope }) => scope !== 'device')
  const by = fullScope(counters)
  return by === undefined ? { kind: 'admitted', counters } : { kind: 'refused', by, counters }
}

function fullScope(counts: readonly Counted[]): CounterScope | undefined {
  const full = counts.find((one) => (one.scope === 'account' ? isExhausted(one) : isFull(one)))
  if (full !== undefined) return full.scope
  const isSlowed = counts.some((one) => one.scope === 'account' && isFull(one))
  const hasFailed = counts.some(({ scope, failures }) => scope === 'pair' && Math.round(failures) > 0)
  return isSlowed && hasFailed ? 'account' : undefined
}

/** A decayed sum is a hair under a whole number right after the last failure, hence the rounding. */
const isFull = ({ failures, limit }: Counted): boolean => Math.round(failures) >= limit
const isExhausted = ({ failures, ceiling }: Counted): boolean => Math.round(failures) >= ceiling
