/**
 * Argon2id, the only place that hashes. Checking a password costs the same whether or not there is one to check against.
 * Callers give normalized text; nothing is truncated.
 */
import { randomBytes } from 'node:crypto'
import { hash, parseOptions, verify } from '@node-rs/argon2'
import type { HashQueue } from './hash-queue.ts'

/** RFC 9106 §3.1. Memory in KiB; the defaults of config.ts are OWASP's smallest for argon2id. */
export type Argon2Parameters = { memoryKib: number; passes: number; lanes: number }

export type PasswordHasher = {
  /** A PHC string. `source` is whose turn in the queue it uses. @throws AppError `unavailable` */
  hash(password: string, source: string): Promise<string>
  /** Whether it is the password of `phc`; without one, the same work and false. @throws AppError `unavailable` */
  verify(phc: string | undefined, password: string, source: string): Promise<boolean>
  /** Whether the hash was made with less than today's parameters. */
  isOutdated(phc: string): boolean
}

export async function createPasswordHasher({
  parameters,
  queue,
}: {
  parameters: Argon2Parameters
  queue: HashQueue
}): Promise<PasswordHasher> {
  const options = { memoryCost: parameters.memoryKib, timeCost: parameters.passes, parallelism: parameters.lanes }
  const nobodys = await hash(randomBytes(32), options)
  return {
    hash: (password, source) => queue.run(source, () => hash(password, options)),
    verify: async (phc, password, source) => {
      const isMatch = await queue.run(source, () => verify(phc ?? nobodys, password))
      return isMatch && phc !== undefined
    },
    isOutdated(phc) {
      const made = parseOptions(phc)
      return (
        made.memoryCost < options.memoryCost ||
        made.timeCost < options.timeCost ||
        made.parallelism < options.parallelism
      )
    },
  }
}
