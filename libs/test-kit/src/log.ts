/**
 * Logs nobody reads; `GATEHOUSE_TEST_LOG=debug` shows them while a test is being written. In a whole run they are kept
 * in the folder that RUN_OUTPUT names, where they are looked through for what no log may hold.
 */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, type Logger, type LogLevel } from '@gatehouse/service-kit/logging/logger'

const shown = process.env['GATEHOUSE_TEST_LOG']
const run = process.env['RUN_OUTPUT']
const fewLines = 500

export const quietLog: Logger = createLogger({
  name: 'test',
  level: (shown ?? (run === undefined ? 'silent' : 'debug')) as LogLevel,
  destination: {
    write: shown === undefined && run !== undefined ? keepIn(join(run, 'outputs')) : writeToStandardError,
  },
})

function writeToStandardError(line: string): void {
  process.stderr.write(line)
}

/** Writes many lines at once, and the last ones when the process ends. */
function keepIn(folder: string): (line: string) => void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `process-${process.pid}.log`)
  let lines: string[] = []
  const write = (): void => {
    appendFileSync(file, lines.join(''))
    lines = []
  }
  process.once('exit', write)
  return (line) => {
    if (lines.push(line) >= fewLines) write()
  }
}
