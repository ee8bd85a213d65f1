/**
 * Loaded into each service of a measured platform: how long its own work held the event loop, as CPU time of the thread
 * between two looks. A process that waits for a core holds nothing. The folder for it is in this module's address.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setInterval } from 'node:timers'
import { URL } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const lookEveryMs = 5
const tellEveryMs = 100
const folder = new URL(import.meta.url).searchParams.get('folder')
const service = /[/\\]services[/\\](\w+)[/\\]/.exec(process.argv[1] ?? '')?.[1]

// Node 20 tells CPU time of the whole process alone.
if (folder !== null && service !== undefined && isMainThread && process.threadCpuUsage !== undefined) {
  const usedMs = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let last = usedMs()
  let held = 0
  setInterval(() => {
    const used = usedMs()
    held = Math.max(held, used - last)
    last = used
  }, lookEveryMs).unref()
  setInterval(() => {
    appendFileSync(join(folder, service), `${Date.now()} ${held}\n`)
    held = 0
  }, tellEveryMs).unref()
}
