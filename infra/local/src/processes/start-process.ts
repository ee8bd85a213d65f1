// Starts one child, waits until it answers and is seen to be ours, and can end it. Children get their own process
// group, so that Ctrl-C reaches the launcher alone and the order of stopping is its decision; their output goes
// straight to a file, so that they do not depend on the launcher to keep reading.
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { launchProblem } from '../launch-problem.ts'
import { holdsPort } from '../servers/ports.ts'
import { lastWords } from './last-words.ts'
import type { ProcessSpec, StartedProcess } from './process-spec.ts'

const POLL_MS = 25
const MAX_LOG_BYTES = 20_000_000
const TAIL_BYTES = 16_384

/**
 * @param onSpawn told the pid at once, before the child is ready
 * @throws if the child ends or stays silent instead of answering; the message carries its last words
 */
export async function startProcess(
  spec: ProcessSpec,
  onSpawn?: (pid: number, exited: Promise<string>) => void,
): Promise<StartedProcess> {
  await spec.prepare?.()
  const log = openLog(spec)
  const child = spawn(spec.command, spec.args, {
    env: spec.env,
    cwd: spec.cwd,
    detached: true,
    stdio: [spec.watchesParent === true ? 'pipe' : 'ignore', log.fd, log.fd],
    ...(spec.account ?? {}),
  })
  closeSync(log.fd)
  child.stdin?.on('error', () => undefined)
  const words = () => readFrom(spec.logFile, log.offset)
  const exited = exitOf(child, words)
  if (child.pid === undefined) throw new Error(`${spec.name} could not be started: ${await exited}`)
  const { pid } = child
  onSpawn?.(pid, exited)
  const stop = () => stopChild(child, spec, exited)
  const failure = await waitUntilReady({ spec, pid, exited })
  if (failure === undefined) return { name: spec.name, pid, exited, stop }
  await stop()
  throw (
    spec.explain?.(words()) ??
    launchProblem(`${spec.name} did not start: ${failure.replace(/\.$/, '')}`, `Its log says more: ${spec.logFile}`)
  )
}

/** A log is never empty: a child that says nothing before its time is up leaves at least what was started, and when. */
function openLog({ logFile: file, name, args }: ProcessSpec): { fd: number; offset: number } {
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`)
  const fd = openSync(file, 'a', 0o600)
  writeSync(fd, `${new Date().toISOString()} launcher: starts ${name} (${args.at(-1) ?? ''})\n`)
  return { fd, offset: statSync(file).size }
}

function readFrom(file: string, offset: number): string {
  try {
    const fd = openSync(file, 'r')
    try {
      const size = statSync(file).size
      const start = Math.max(offset, size - TAIL_BYTES)
      const buffer = Buffer.alloc(Math.max(0, size - start))
      readSync(fd, buffer, 0, buffer.length, start)
      return buffer.toString('utf8')
    } finally {
      closeSync(fd)
    }
  } catch {
    return ''
  }
}

function exitOf(child: ChildProcess, words: () => string): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(error.message)
    })
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `killed by ${signal}`
      const said = lastWords(words())
      resolve(said === undefined || signal === 'SIGKILL' ? how : `${how}, ${said}`)
    })
  })
}

async function waitUntilReady(o: {
  spec: ProcessSpec
  pid: number
  exited: Promise<string>
}): Promise<string | undefined> {
  const deadline = performance.now() + o.spec.startTimeoutMs
  let death: string | undefined
  void o.exited.then((reason) => {
    death = reason
  })
  let objection = 'it does not answer'
  while (performance.now() < deadline) {
    if (death !== undefined) return death
    try {
      if ((await o.spec.isReady(o.pid)) && holdsPort(o.pid, o.spec.port)) return undefined
    } catch (error) {
      objection = error instanceof Error ? error.message : String(error)
    }
    await Promise.race([sleep(POLL_MS), o.exited])
  }
  return `not ready after ${o.spec.startTimeoutMs / 1000} s (${objection})`
}

async function stopChild(child: ChildProcess, spec: ProcessSpec, exited: Promise<string>): Promise<void> {
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  if (isGone()) return
  child.kill(spec.stopSignal)
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
  }, spec.stopTimeoutMs)
  await exited
  clearTimeout(timer)
}
