/** The estimate of a password's strength, in threads beside the event loop with a fair queue per source. */
import type { WorkerPool } from '@gatehouse/service-kit/concurrency/worker-pool'
import type * as work from '../strength-worker.ts'
import type { Turn } from './hash-queue.ts'

/**
 * log10 of the guesses, where `words` count as the first ones tried. @throws AppError `unavailable` when too many wait
 */
export type StrengthEstimator = (password: string, words: readonly string[], turn: Turn) => Promise<number>

/** Each word is a dictionary entry the estimate looks for everywhere; an attacker tries the first few. */
const maxWords = 16
const maxWordLength = 64

export const createStrengthEstimator =
  (pool: Pick<WorkerPool<typeof work>, 'run'>): StrengthEstimator =>
  (password, words, { source, signal }) => {
    const tried = words.slice(0, maxWords).map((word) => word.slice(0, maxWordLength))
    return pool.run('estimate', { password, words: tried }, { key: source, signal })
  }
