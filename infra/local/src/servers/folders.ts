// Where things may live on this machine: the cache that outlives clones, and, for servers that refuse to run as root,
// places another account can reach. A folder counts as reachable only if every folder above it may be passed through.
import { accessSync, chmodSync, constants, mkdirSync, realpathSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { launchProblem } from '../launch-problem.ts'

export const REPOSITORY_ROOT = resolve(import.meta.dirname, '../../../..')

/**
 * The folder for downloaded server programs, created if need be: `GATEHOUSE_CACHE`, else the user's cache folder, else
 * `.cache` in the repository (accounts such as `nobody` have no home).
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const wanted = env['GATEHOUSE_CACHE']
  if (wanted !== undefined && wanted !== '') {
    if (makeWritable(resolve(wanted))) return resolve(wanted)
    throw launchProblem(
      `GATEHOUSE_CACHE names ${wanted}, which cannot be written`,
      'Name a folder of your own, or unset it',
    )
  }
  const xdg = env['XDG_CACHE_HOME']
  const candidates = [
    ...(xdg !== undefined && xdg !== '' ? [join(xdg, 'gatehouse')] : []),
    join(homedir(), '.cache', 'gatehouse'),
    join(REPOSITORY_ROOT, '.cache'),
  ]
  const found = candidates.find(makeWritable)
  if (found !== undefined) return found
  throw launchProblem(
    `No folder for downloaded programs: none of ${candidates.join(', ')} can be written`,
    'Set GATEHOUSE_CACHE to a folder of your own',
  )
}

function makeWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** May an unrelated account pass through every folder from the root down to this one? */
export function isReachableByOthers(folder: string): boolean {
  try {
    for (let at = realpathSync(folder); ; at = dirname(at)) {
      if ((statSync(at).mode & 0o001) === 0) return false
      if (at === dirname(at)) return true
    }
  } catch {
    return false
  }
}

/**
 * A folder outside the repository that other accounts can reach, named after the repository so that two clones never
 * meet. Only used by root: anybody else runs the servers as themselves.
 */
export function sharedFolder(): string {
  const name = createHash('sha256').update(realpathSync(REPOSITORY_ROOT)).digest('hex').slice(0, 12)
  const candidates = ['/var/lib/gatehouse-local', '/var/tmp/gatehouse-local'].map((base) => join(base, name))
  const found = candidates.find((folder) => {
    if (!makeWritable(folder)) return false
    for (const ours of [dirname(folder), folder]) chmodSync(ours, 0o755)
    return isReachableByOthers(folder)
  })
  if (found !== undefined) return found
  throw launchProblem(
    `PostgreSQL refuses to run as root, and no folder that another account can reach may be made ` +
      `(${candidates.join(', ')})`,
    'Start as an ordinary user, or set GATEHOUSE_DATABASE_URL to a server of your own',
  )
}
