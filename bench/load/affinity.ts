/** Server on one core, load on another: where the machine and its tools allow it. */
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const canPin = ((): boolean => {
  if (availableParallelism() < 2) return false
  try {
    execFileSync('taskset', ['-c', '0', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export const pinning = canPin ? 'server and load on a core each' : 'not pinned: no second core, or no taskset'

/** The command line that runs `command` on that core. */
export const onCore = (core: 'server' | 'load', command: string, args: readonly string[]): [string, string[]] =>
  canPin ? ['taskset', ['-c', core === 'server' ? '0' : '1', command, ...args]] : [command, [...args]]
