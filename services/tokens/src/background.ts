/** What tokens does without being asked: announces, follows its neighbours, keeps keys and sessions in order. */
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import type { Deps } from './deps.ts'
import { endExpiredSessions, eraseSeals, forgetOldSessions } from './use-cases/keep-house.ts'
import { keepSigningKeys } from './use-cases/keep-signing-keys.ts'

const secondMs = 1000
const hourMs = 3_600_000

/** Starts everything; `stop` waits for what is under way. */
export function startBackground(deps: Deps): { stop(): Promise<void> } {
  deps.spine.start()
  deps.identity.start()
  deps.orgs.start()
  const rounds = [
    // A key made or voided elsewhere is known here within this time; without any key, a start is retried soon.
    every(deps, {
      name: 'signing keys',
      run: () => keepSigningKeys(deps),
      intervalMs: () => (deps.keyRing.canSign(deps.clock.now()) ? 15 * secondMs : secondMs),
    }),
    every(deps, { name: 'sealed successors', run: () => eraseSeals(deps), intervalMs: () => 5 * secondMs }),
    every(deps, { name: 'expired sessions', run: () => endExpiredSessions(deps), intervalMs: () => 30 * secondMs }),
    every(deps, { name: 'old sessions', run: () => forgetOldSessions(deps), intervalMs: () => hourMs }),
  ]
  return { stop: async () => void (await Promise.all(rounds.map((round) => round.stop()))) }
}

/** Runs now and then again `intervalMs` after each end, so that a slow round never overlaps itself. */
function every(
  deps: Pick<Deps, 'log'>,
  o: { name: string; run: () => Promise<unknown>; intervalMs: () => number },
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const round = async (): Promise<void> => {
    try {
      await o.run()
    } catch (error) {
      deps.log.warn({ upkeep: o.name, reason: describeFailure(error) }, 'upkeep failed; the next round tries again')
    }
    if (!stopped) timer = setTimeout(begin, o.intervalMs()).unref()
  }
  let underway = Promise.resolve()
  const begin = (): void => void (underway = round())
  begin()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await underway
    },
  }
}
