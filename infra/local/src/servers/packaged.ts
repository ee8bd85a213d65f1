/** Programs beside our servers: from PATH, or from the distribution's packages, unpacked into the cache. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readDistribution, unpackPackages } from './apt.ts'
import { listOnPath } from './find-binary.ts'
import { cacheFolder } from './folders.ts'

/** The program, and the environment that lets it find its libraries. */
export type Program = { readonly file: string; readonly env: NodeJS.ProcessEnv }

/** Undefined, with a note, where the program is neither on PATH nor a package of the distribution. */
export async function findProgram(
  o: {
    name: string
    packages: string[]
    withDependencies?: boolean
    /** Where the program is in the unpacked tree. */
    pathIn(tree: string): string
  },
  note: (text: string) => void,
): Promise<Program | undefined> {
  const [onPath] = listOnPath(o.name, process.env['PATH'] ?? '')
  if (onPath !== undefined) return { file: onPath, env: process.env }
  const distribution = readDistribution()
  if (distribution === undefined) return undefined
  const tree = join(cacheFolder(process.env), `${o.name}-${distribution.codename}-${process.arch}`)
  const { packages, withDependencies = false } = o
  try {
    if (!existsSync(tree)) {
      note(`fetching ${o.name} from the distribution’s packages`)
      await unpackPackages({ packages, withDependencies, into: tree, distribution })
    }
    const libraries = join(tree, 'usr/lib')
    const ofMachine = readdirSync(libraries).find((name) => name.endsWith('-linux-gnu')) ?? ''
    return { file: o.pathIn(tree), env: { ...process.env, LD_LIBRARY_PATH: join(libraries, ofMachine) } }
  } catch {
    note(`${o.name} could not be fetched: what it is beside has nobody to compare with`)
    return undefined
  }
}
