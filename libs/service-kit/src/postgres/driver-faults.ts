/**
 * Faults of a library that reach the process although nothing of ours is broken. Known: when the server ends a
 * connection in mid-transaction, postgres 3.4 writes to the closed socket from a timer nobody can catch, or rejects a
 * promise nobody holds, and its connection object can stay mute afterwards (porsager/postgres#1154, #1208). Whoever
 * holds connections registers how to begin afresh; the process then lives on instead of restarting because PostgreSQL
 * did.
 */
import { isConnectionLost } from './errors.ts'

const restarts = new Set<() => void>()

/** `beginAfresh` is called after each such fault; the returned function takes it back. */
export function onDriverFault(beginAfresh: () => void): () => void {
  restarts.add(beginAfresh)
  return () => void restarts.delete(beginAfresh)
}

const driverFrame = /postgres[/\\](?:cjs[/\\])?src[/\\]connection\.js/

/**
 * A socket that was reset says so in Node's own frames; the driver rejects a promise that nobody holds with that error.
 */
const isBareReset = (err: Error): boolean => {
  const frames = (err.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return frames.length > 0 && frames.every((frame) => /[( ]node:/.test(frame))
}

/** Whether `err`, which nobody caught, is such a fault; if so every registered holder has begun afresh. */
export function outliveDriverFault(err: unknown): boolean {
  if (!(err instanceof Error) || !(driverFrame.test(err.stack ?? '') || isBareReset(err))) return false
  const isKnown = isConnectionLost(err) || (err instanceof TypeError && /\bnextWrite\b/.test(err.stack ?? ''))
  if (isKnown) for (const beginAfresh of restarts) beginAfresh()
  return isKnown
}
