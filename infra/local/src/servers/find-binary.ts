// Looks for a server program on PATH and asks it for its version. A program that is too old or does not answer is not
// an error: it is left alone with a note, and the next source is tried.
import { execFile } from 'node:child_process'
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { parseVersion, versionObjection, type ServerName } from './versions.ts'

const run = promisify(execFile)

export type Note = (text: string) => void

/** Every executable of that name on PATH, in order. */
export function listOnPath(program: string, path: string): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .filter(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/**
 * The first program on PATH that is new enough, by its real path, or undefined.
 *
 * @param note told why each candidate was passed over
 */
export async function findOnPath(o: {
  server: ServerName
  program: string
  env: NodeJS.ProcessEnv
  note: Note
}): Promise<string | undefined> {
  for (const file of listOnPath(o.program, o.env['PATH'] ?? '')) {
    const objection = await objectionTo(o.server, file)
    if (objection === undefined) return realpathSync(file)
    o.note(`${file} is left alone: ${objection}`)
  }
  return undefined
}

/** Undefined if the program runs and is new enough, else the reason not to use it. */
export async function objectionTo(
  server: ServerName,
  file: string,
  env?: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    const { stdout } = await run(file, ['--version'], { timeout: 5000, cwd: '/', ...(env ? { env } : {}) })
    const version = parseVersion(stdout)
    return version === undefined ? 'it does not say its version' : versionObjection(server, version)
  } catch (error) {
    return `it does not run (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`
  }
}
