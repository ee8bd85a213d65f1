// One launcher per data folder. The lock is a file with a pid; it counts only while that process lives and is a
// launcher, so that a crash or a reboot leaves nothing to clean up by hand.
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { launchProblem } from '../launch-problem.ts'
import { commandLine, isAlive } from '../processes/process-facts.ts'

/** @returns how to give the lock back */
export function takeLock(o: {
  file: string
  address: () => string | undefined
  isLauncher?: (pid: number) => boolean
}): () => void {
  const isLauncher = o.isLauncher ?? ((pid) => isAlive(pid) && commandLine(pid).includes('start.ts'))
  for (;;) {
    if (create(o.file))
      return () => {
        if (readPid(o.file) === process.pid) rmSync(o.file, { force: true })
      }
    const holder = readPid(o.file)
    if (holder !== undefined && isLauncher(holder)) throw refusal(holder, o.address())
    if (!setAside(o.file, holder)) throw refusal(readPid(o.file) ?? 0, o.address())
  }
}

function create(file: string): boolean {
  try {
    const fd = openSync(file, 'wx', 0o600)
    writeSync(fd, `${process.pid}\n`)
    closeSync(fd)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves a dead lock away; false if another launcher put a live one in its place at the same moment. */
function setAside(file: string, expected: number | undefined): boolean {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
  if (readPid(aside) === expected) {
    rmSync(aside, { force: true })
    return true
  }
  renameSync(aside, file)
  return false
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return Number.isInteger(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

function refusal(pid: number, address: string | undefined): Error {
  const where = address === undefined ? '' : `, ${address}`
  return launchProblem(
    `Gatehouse already runs from this folder (process ${pid}${where})`,
    `Stop it with Ctrl-C or \`kill ${pid}\`, or set GATEHOUSE_DATA to another folder to run a second one beside it`,
  )
}
