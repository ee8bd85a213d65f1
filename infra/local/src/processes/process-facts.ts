// What can be learned about a process from outside: whether it lives, and whether it is the one we think it is. A pid
// alone proves nothing, since numbers are given out again; nothing is ever stopped by number without its command line
// agreeing.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    // proc(5): the state follows the command name, which is in parentheses and may hold anything.
    return /\)\s+[ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** The command line of a process, arguments joined by blanks; empty if it cannot be read. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
  } catch {
    if (process.platform === 'linux') return ''
  }
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** Sends a signal to a process that may be gone already. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * Stops a process left over from an earlier run, if the pid still belongs to it.
 *
 * @param marker text its command line must contain, for instance its data folder
 * @returns true if there was such a process
 */
export async function stopLeftover(o: {
  pid: number
  marker: string
  signal: NodeJS.Signals
  timeoutMs: number
}): Promise<boolean> {
  if (!isAlive(o.pid) || !commandLine(o.pid).includes(o.marker)) return false
  // A process that is ending has no command line any more and is not gone yet; another one under its number has a
  // different one.
  const isGone = () => {
    if (!isAlive(o.pid)) return true
    const line = commandLine(o.pid)
    return line !== '' && !line.includes(o.marker)
  }
  for (const signal of [o.signal, 'SIGKILL'] as const) {
    signalIfAlive(o.pid, signal)
    const deadline = Date.now() + o.timeoutMs
    while (!isGone() && Date.now() < deadline) await sleep(25)
    if (isGone()) return true
  }
  return true
}
