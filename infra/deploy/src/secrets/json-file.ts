// JSON files that are replaced whole: a reader sees the old or the new one, never half of one, and only their owner
// reads.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

export function writeJson(file: string, value: unknown): void {
  const scratch = `${file}.${process.pid}`
  writeFileSync(scratch, JSON.stringify(value, null, 2) + '\n', { mode: 0o600 })
  renameSync(scratch, file)
}

/**
 * Undefined if the file does not exist.
 *
 * @throws if it is not JSON: what it kept (passwords, keys) must not be made anew in silence
 */
export function readJson<T>(file: string): T | undefined {
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    throw Object.assign(new Error(`${file} cannot be read: ${(error as Error).message}. Put back a copy of it.`), {
      name: 'UnreadableFile',
    })
  }
}

/** The same for a file that only reports: what cannot be read is as good as absent. */
export function readReport<T>(file: string): T | undefined {
  try {
    return readJson<T>(file)
  } catch {
    return undefined
  }
}
