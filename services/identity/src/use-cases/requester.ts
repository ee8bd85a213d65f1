/** The far end of a request, as far as limits and queues count by it. */
import type { Turn } from '../passwords/hash-queue.ts'

export type Requester = {
  /** Narrow to wide. */
  networks: readonly [string, ...string[]]
  /** Aborts when nobody waits for the answer any more. */
  signal?: AbortSignal
}

/** Queues take turns by the widest network: somebody with many small networks still has one turn. */
export const turnOf = ({ networks, signal }: Requester): Turn => ({ source: networks.at(-1) ?? networks[0], signal })
