// Keeps processes running. The first start of each is the caller's to await and may fail; after that a process that
// dies is named with its reason and started again, ever more slowly while it keeps dying, until everything is told to
// stop.
import { setTimeout as sleep } from 'node:timers/promises'
import { signalIfAlive } from './process-facts.ts'
import type { ProcessSpec, StartedProcess } from './process-spec.ts'
import { startProcess } from './start-process.ts'
import { startWarden, type Warden } from './warden.ts'

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

type Kept = {
  spec: ProcessSpec
  isHalted: boolean
  pid?: number
  running?: StartedProcess
  starting?: Promise<StartedProcess>
}

type House = {
  kept: Map<string, Kept>
  warden: Warden
  isStopping: boolean
  onChange: (record: ProcessRecord) => void
  say: (line: string) => void
}

/**
 * @param o.onChange told whenever a pid changed
 * @param o.say one line for the person watching
 */
export function createSupervisor(o: Pick<House, 'onChange' | 'say'>): Supervisor {
  const house: House = { ...o, kept: new Map(), warden: startWarden(), isStopping: false }
  return {
    record: () => recordOf(house),
    start: async (spec) => {
      if (house.isStopping) throw new Error(`${spec.name} is not started any more: everything is being stopped`)
      const entry: Kept = { spec, isHalted: false }
      house.kept.set(spec.name, entry)
      const running = await run(house, entry).catch((error: unknown) => {
        throw isEnding(house, entry) ? new Error('stopped before it was ready') : error
      })
      void keep(house, entry, running)
    },
    halt: async (names) => {
      await Promise.all(names.map((name) => end(house, name)))
    },
    stop: async (groups) => {
      house.isStopping = true
      const named = new Set(groups.flat())
      const rest = [...house.kept.keys()].filter((name) => !named.has(name))
      for (const group of [...groups, rest]) await Promise.all(group.map((name) => end(house, name)))
      house.warden.close()
    },
  }
}

const isEnding = (house: House, entry: Kept): boolean => house.isStopping || entry.isHalted

function recordOf({ kept }: House): ProcessRecord {
  const entries = [...kept.values()].flatMap(({ spec, pid }) =>
    pid === undefined ? [] : [[spec.name, { pid, marker: spec.marker, signal: spec.stopSignal }] as const],
  )
  return Object.fromEntries(entries)
}

function setPid(house: House, entry: Kept, pid: number | undefined): void {
  if (entry.pid !== undefined) house.warden.release(entry.pid)
  if (pid === undefined) delete entry.pid
  else {
    entry.pid = pid
    house.warden.watch(pid, entry.spec.stopSignal)
    // Its preparations took until after it was told to stop.
    if (isEnding(house, entry)) signalIfAlive(pid, entry.spec.stopSignal)
  }
  house.onChange(recordOf(house))
}

async function run(house: House, entry: Kept): Promise<StartedProcess> {
  entry.starting = startProcess(entry.spec, (pid, exited) => {
    setPid(house, entry, pid)
    void exited.then(() => {
      if (entry.pid === pid) setPid(house, entry, undefined)
    })
  })
  entry.running = await entry.starting
  return entry.running
}

async function keep(house: House, entry: Kept, first: StartedProcess): Promise<void> {
  const { name } = entry.spec
  let running = first
  let delayMs = FIRST_DELAY_MS
  while (true) {
    const since = performance.now()
    const reason = await running.exited
    const diedAt = performance.now()
    if (isEnding(house, entry)) return
    if (diedAt - since > STEADY_MS) delayMs = FIRST_DELAY_MS
    house.say(`${name} ended (${reason}); starting it again`)
    const again = await restart(house, entry, delayMs)
    if (again === undefined) return
    running = again.running
    delayMs = Math.min(again.delayMs * 2, MAX_DELAY_MS)
    house.say(`${name} is back after ${((performance.now() - diedAt) / 1000).toFixed(1)} s`)
  }
}

async function restart(
  house: House,
  entry: Kept,
  firstDelayMs: number,
): Promise<{ running: StartedProcess; delayMs: number } | undefined> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    await sleep(delayMs)
    if (isEnding(house, entry)) return undefined
    try {
      return { running: await run(house, entry), delayMs }
    } catch (error) {
      if (isEnding(house, entry)) return undefined
      house.say(`${error instanceof Error ? error.message : String(error)} Trying again.`)
    }
  }
}

async function end({ kept }: House, name: string): Promise<void> {
  const entry = kept.get(name)
  if (entry === undefined) return
  entry.isHalted = true
  if (entry.pid !== undefined && entry.running?.pid !== entry.pid) signalIfAlive(entry.pid, entry.spec.stopSignal)
  await entry.running?.stop()
  await entry.starting?.catch(() => undefined)
  await entry.running?.stop()
}
