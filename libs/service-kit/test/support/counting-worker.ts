/** What the tests of the worker pool run in threads. */
import { getPriority } from 'node:os'
import { threadId } from 'node:worker_threads'

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

export const thread = (): number => threadId

export const priority = (): number => getPriority()

/** Never ends, and never gives the thread away. */
export function spin(): never {
  for (;;) continue
}

export function fail(): never {
  throw Object.assign(new Error('the work failed'), { code: 'planted' })
}

export const settings = (): readonly string[] => Object.keys(process.env)
