// JSON files that are replaced whole: a reader sees the old or the new one, never half of one, and only their owner reads.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export function writeJson(file: string, value: unknown): void {
  const scratch = `${file}.${process.pid}`
  writeFileSync(scratch, JSON.stringify(value, null, 2) + '\n', { mode: 0o600 })
  renameSync(scratch, file)
}

/** Undefined if the file does not exist or is not JSON. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch {
    return undefined
  }
}
