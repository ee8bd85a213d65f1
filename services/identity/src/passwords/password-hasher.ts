/**
 * Argon2id, the only place that hashes. Checking a password costs the same whether or not there is one to check
 * against. Callers give normalized text; nothing is truncated. Each call takes one turn in the queue, however many
 * hashes it makes.
 */
import { randomBytes } from 'node:crypto'
import { hash, parseOptions } from '@node-rs/argon2'
import type { HashQueue, Turn } from './hash-queue.ts'
import { verifyStoredHash } from './stored-hash.ts'

/** RFC 9106 §3.1. Memory in KiB; the defaults of config.ts are OWASP's smallest for argon2id. */
export type Argon2Parameters = { memoryKib: number; passes: number; lanes: number }

export type PasswordHasher = {
  /** A PHC string. @throws AppError `unavailable` */
  hash(password: string, turn: Turn): Promise<string>
  /**
   * A PHC string, and whether `phc` is of the same password: two hashes, with or without a `phc`. @throws AppError
   * `unavailable`
   */
  hashAndCompare(password: string, phc: string | undefined, turn: Turn): Promise<{ phc: string; isSame: boolean }>
  /**
   * The index of the first of `phcs` that is of this password; undefined for none. Unless it stops at the match, the
   * work is the same for every answer.
   * @throws AppError `unavailable`
   */
  findMatch(
    phcs: readonly (string | undefined)[],
    password: string,
    turn: Turn & { stopsAtMatch: boolean },
  ): Promise<number | undefined>
  /** Whether the hash was made with less than today's parameters, or with another algorithm. */
  isOutdated(phc: string): boolean
}

export async function createPasswordHasher({
  parameters,
  queue,
  verifyHash = verifyStoredHash,
}: {
  parameters: Argon2Parameters
  queue: HashQueue
  /** The work of one check, for tests to count. */
  verifyHash?: (phc: string, password: string) => Promise<boolean>
}): Promise<PasswordHasher> {
  const options = { memoryCost: parameters.memoryKib, timeCost: parameters.passes, parallelism: parameters.lanes }
  const nobodys = await hash(randomBytes(32), options)
  const isOf = async (phc: string | undefined, password: string): Promise<boolean> => {
    const isMatch = await verifyHash(phc ?? nobodys, password)
    return isMatch && phc !== undefined
  }
  return {
    hash: (password, turn) => queue.run(turn, () => hash(password, options)),
    hashAndCompare: (password, phc, turn) =>
      queue.run(turn, async () => ({ isSame: await isOf(phc, password), phc: await hash(password, options) })),
    findMatch: (phcs, password, turn) =>
      queue.run(turn, async () => {
        let found: number | undefined
        for (const [index, phc] of phcs.entries()) {
          if (await isOf(phc, password)) found ??= index
          if (found !== undefined && turn.stopsAtMatch) break
        }
        return found
      }),
    isOutdated(phc) {
      if (!phc.startsWith('$argon2id$')) return true
      const made = parseOptions(phc)
      return (
        made.memoryCost < options.memoryCost ||
        made.timeCost < options.timeCost ||
        made.parallelism < options.parallelism
      )
    },
  }
}
