/**
 * The npm packages a bundle needs and no others: what it imports, what those depend on, each in the version its
 * importer would get. So the gateway's image holds no database driver, and no image holds npm's idea of the whole
 * workspace.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import type { Bundle } from './bundle.ts'

type Manifest = {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

/** Nothing that runs reads these. */
const forPeople = /\.(map|md|markdown|d\.[cm]?ts)$/

/** One package where it lies and where it goes; `path` is below the `node_modules` to fill. */
type Placed = { from: string; path: string }

/** For a bundle that runs inside the workspace: links to the packages its imports mean. */
export function linkModules(bundle: Bundle): void {
  for (const [name, from] of topOf(bundle)) {
    const to = join(bundle.out, 'node_modules', name)
    mkdirSync(dirname(to), { recursive: true })
    symlinkSync(from, to)
  }
}

/** For a bundle that runs anywhere: copies of everything it can reach. */
export function copyModules(bundle: Bundle): void {
  const placed = placeAll(topOf(bundle))
  for (const { from, path } of placed) {
    const to = join(bundle.out, 'node_modules', path)
    mkdirSync(dirname(to), { recursive: true })
    cpSync(from, to, {
      recursive: true,
      dereference: true,
      filter: (file) =>
        file === from || (!file.slice(from.length).startsWith('/node_modules') && !forPeople.test(file)),
    })
  }
}

function topOf({ imports }: Bundle): Map<string, string> {
  const top = new Map<string, string>()
  for (const { name, importer } of imports) {
    if (builtinModules.includes(name)) continue
    const from = find(name, dirname(importer))
    if (from === undefined) throw new Error(`${importer} imports ${name}, which is not installed`)
    if ((top.get(name) ?? from) !== from)
      throw new Error(`two versions of ${name} are imported: ${top.get(name)} and ${from}`)
    top.set(name, from)
  }
  return top
}

/** Walks up as Node does. */
function find(name: string, folder: string): string | undefined {
  const candidate = join(folder, 'node_modules', name)
  if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
  const parent = dirname(folder)
  return parent === folder ? undefined : find(name, parent)
}

/** A package takes the top place of its name if that is free, else one below the package that needs it. */
function placeAll(top: Map<string, string>): Placed[] {
  const placed: Placed[] = [...top].map(([path, from]) => ({ from, path }))
  const at = new Map(placed.map(({ from, path }) => [path, from]))
  for (const { from, path } of placed) {
    for (const { name, isOptional } of needsOf(from)) {
      const needed = find(name, from)
      if (needed === undefined) {
        if (isOptional) continue
        throw new Error(`${from} needs ${name}, which is not installed`)
      }
      if (visible(at, name, path) === needed) continue
      const place = at.has(name) ? `${path}/node_modules/${name}` : name
      at.set(place, needed)
      placed.push({ from: needed, path: place })
    }
  }
  return placed
}

/** What a package placed at `path` would get for `name`. */
function visible(at: ReadonlyMap<string, string>, name: string, path: string): string | undefined {
  const parts = path.split('/node_modules/')
  for (let depth = parts.length; depth >= 0; depth--) {
    const found = at.get([...parts.slice(0, depth), name].join('/node_modules/'))
    if (found !== undefined) return found
  }
  return undefined
}

function needsOf(from: string): { name: string; isOptional: boolean }[] {
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
  } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Manifest
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)
  return [
    ...Object.keys({ ...dependencies, ...optionalDependencies }).map((name) => ({
      name,
      isOptional: name in optionalDependencies,
    })),
    ...peers.map((name) => ({ name, isOptional: true })),
  ]
}
