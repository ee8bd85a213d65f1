// Keeps processes running. The first start of each is the caller's to await and may fail; after that a process that dies is
// named with its reason and started again, ever more slowly while it keeps dying, until everything is told to stop.
import { setTimeout as sleep } from 'node:timers/promises'
import { signalIfAlive } from './process-facts.ts'
import type { ProcessSpec, StartedProcess } from './process-spec.ts'
import { startProcess } from './start-process.ts'
import { startWarden } from './warden.ts'

const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 15_000
/** A process that lived this long is well again: its next death starts the backoff anew. */
const STEADY_MS = 30_000

/** What is written down so that a later run can find leftovers. */
export type ProcessRecord = Record<string, { pid: number; marker: string; signal: NodeJS.Signals }>

export type Supervisor = {
  start: (spec: ProcessSpec) => Promise<void>
  /** Stops some, which may be started again with another specification. */
  halt: (names: readonly string[]) => Promise<void>
  /** Stops group after group, each group at once. What is in no group is stopped last. */
  stop: (groups: string[][]) => Promise<void>
  record: () => ProcessRecord
}

type Kept = { spec: ProcessSpec; isHalted: boolean; pid?: number; running?: StartedProcess; starting?: Promise<StartedProcess> }

/**
 * @param o.onChange told whenever a pid changed
 * @param o.say one line for the person watching
 */
export function createSupervisor(o: { onChange: (record: ProcessRecord) => void; say: (line: string) => void }): Supervisor {
  const kept = new Map<string, Kept>()
  const warden = startWarden()
  let isStopping = false
  const isEnding = (entry: Kept) => isStopping || entry.isHalted

  const record = () => {
    const entries = [...kept.values()].flatMap(({ spec, pid }) => (pid === undefined ? [] : [[spec.name, { pid, marker: spec.marker, signal: spec.stopSignal }] as const]))
    return Object.fromEntries(entries)
  }
  const setPid = (entry: Kept, pid: number | undefined) => {
    if (entry.pid !== undefined) warden.release(entry.pid)
    if (pid === undefined) delete entry.pid
    else {
      entry.pid = pid
      warden.watch(pid, entry.spec.stopSignal)
      // Its preparations took until after everything was told to stop.
      if (isEnding(entry)) signalIfAlive(pid, entry.spec.stopSignal)
    }
    o.onChange(record())
  }
  const run = (entry: Kept): Promise<StartedProcess> => {
    const starting = startProcess(entry.spec, (pid, exited) => {
      setPid(entry, pid)
      void exited.then(() => { if (entry.pid === pid) setPid(entry, undefined) })
    }).then((running) => (entry.running = running))
    entry.starting = starting
    return starting
  }
  const keep = async (entry: Kept, first: StartedProcess) => {
    let running = first
    let delayMs = FIRST_DELAY_MS
    while (true) {
      const since = performance.now()
      const reason = await running.exited
      if (isEnding(entry)) return
      if (performance.now() - since > STEADY_MS) delayMs = FIRST_DELAY_MS
      o.say(`${entry.spec.name} ended (${reason}); starting it again`)
      const again = await restart(entry, delayMs)
      if (again === undefined) return
      running = again.running
      delayMs = Math.min(again.delayMs * 2, MAX_DELAY_MS)
      o.say(`${entry.spec.name} is back`)
    }
  }
  const restart = async (entry: Kept, firstDelayMs: number): Promise<{ running: StartedProcess; delayMs: number } | undefined> => {
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
      await sleep(delayMs)
      if (isEnding(entry)) return undefined
      try {
        return { running: await run(entry), delayMs }
      } catch (error) {
        if (isEnding(entry)) return undefined
        o.say(`${error instanceof Error ? error.message : String(error)} Trying again.`)
      }
    }
  }
  const end = async (name: string) => {
    const entry = kept.get(name)
    if (entry === undefined) return
    entry.isHalted = true
    if (entry.pid !== undefined && entry.running?.pid !== entry.pid) signalIfAlive(entry.pid, entry.spec.stopSignal)
    await entry.running?.stop()
    await entry.starting?.catch(() => undefined)
    await entry.running?.stop()
  }

  return {
    record,
    start: async (spec) => {
      if (isStopping) throw new Error(`${spec.name} is not started any more: everything is being stopped`)
      const entry: Kept = { spec, isHalted: false }
      kept.set(spec.name, entry)
      const running = await run(entry).catch((error: unknown) => {
        throw isEnding(entry) ? new Error('stopped before it was ready') : error
      })
      void keep(entry, running)
    },
    halt: async (names) => {
      await Promise.all(names.map(end))
    },
    stop: async (groups) => {
      isStopping = true
      const named = new Set(groups.flat())
      for (const group of [...groups, [...kept.keys()].filter((name) => !named.has(name))]) await Promise.all(group.map(end))
      warden.close()
    },
  }
}
