// After a launcher that was killed, its children may still run for a moment or, if its watchman was killed too, for
// good. They are found by what was written down and ended before anything new is started over their data.
import { readReport } from '@gatehouse/deploy/secrets/json-file'
import { stopLeftover } from './process-facts.ts'
import type { ProcessRecord } from './supervisor.ts'

/** Long enough for a drain of 10 s and PostgreSQL's shutdown. */
const TIMEOUT_MS = 20_000

/** @returns names of what was still running */
export async function stopLeftovers(processesFile: string): Promise<string[]> {
  const record = readReport<ProcessRecord>(processesFile) ?? {}
  const stopped = await Promise.all(
    Object.entries(record).map(async ([name, { pid, marker, signal }]) =>
      (await stopLeftover({ pid, marker, signal, timeoutMs: TIMEOUT_MS })) ? [name] : [],
    ),
  )
  return stopped.flat()
}
