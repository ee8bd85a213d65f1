/** Runs the load process against one server and says what the server spent on it. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onCore } from './affinity.ts'
import type { LoadOrder, LoadReport } from './order.ts'

export type Load = LoadReport & {
  readonly perSecond: number
  /** CPU time of the server per request, in microseconds. */ readonly cpuUs: number
}

const script = fileURLToPath(new URL('./generate.ts', import.meta.url))
/** The unit of `/proc/<pid>/stat` on Linux, on every platform Node runs on. */
const tickUs = 10_000

/** CPU time a process has used so far, in microseconds; NaN where there is no `/proc`. */
export function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * tickUs
  } catch {
    return NaN
  }
}

/** Proportional and whole resident memory, in MB. */
export function memoryOf(pid: number): { pssMb: number; rssMb: number } {
  const read = (name: string): number => {
    try {
      return (
        Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) /
        1024
      )
    } catch {
      return NaN
    }
  }
  return { pssMb: read('Pss'), rssMb: read('Rss') }
}

export async function runLoad(order: LoadOrder, serverPid: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-load-'))
  const file = join(folder, 'order.json')
  writeFileSync(file, JSON.stringify(order), { mode: 0o600 })
  try {
    const before = cpuOf(serverPid)
    const report = await spawnLoad(file)
    return {
      ...report,
      perSecond: report.answered / report.seconds,
      cpuUs: (cpuOf(serverPid) - before) / report.answered,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function spawnLoad(file: string): Promise<LoadReport> {
  const [command, args] = onCore('load', process.execPath, ['--import', 'tsx', script, file])
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      if (code === 0) resolve(JSON.parse(output) as LoadReport)
      else reject(new Error(`the load ended with ${code}`))
    })
  })
}
