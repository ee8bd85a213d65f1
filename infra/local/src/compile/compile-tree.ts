/**
 * Compiles the TypeScript of the workspace, file by file, into `.cache/compiled`. A loader would do the same work anew
 * in each process, at three seconds of CPU time for a service.
 */
import { build, stop, type Plugin } from 'esbuild'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const WORKSPACES = ['services', 'libs', 'infra']
const ROOMS = [...WORKSPACES, 'tests', 'bench', 'docs']

const COMPUTED_IMPORT = /\bimport\((?!['"`])/g

/** The folder of the compiled files. It repeats the tree of the sources. */
export const compiledFolder = (root: string): string => join(root, '.cache/compiled')

/** The compiled file of one source file. */
export const compiledFile = (root: string, source: string): string =>
  join(compiledFolder(root), relative(root, resolve(root, source)).replace(/\.tsx?$/, '.js'))

/** Compiles each source file that is newer than its compiled file. Returns the absolute paths of all sources. */
export async function compileTree(root: string): Promise<{ sources: string[]; compiled: number }> {
  const sources = ROOMS.flatMap((room) => sourcesOf(join(root, room)))
  const stale = sources.filter((source) => isStale(root, source))
  linkModules(root)
  if (stale.length === 0) return { sources, compiled: 0 }
  const { outputFiles } = await build({
    entryPoints: stale,
    outdir: compiledFolder(root),
    outbase: root,
    bundle: true,
    treeShaking: false,
    platform: 'node',
    format: 'esm',
    // As in tsconfig.base.json, which is not read here.
    jsx: 'automatic',
    jsxImportSource: 'preact',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    write: false,
    logLevel: 'silent',
    plugins: [fileByFile(root)],
  })
  await stop()
  for (const { path, contents } of outputFiles) replaceFile(path, contents)
  return { sources, compiled: stale.length }
}

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return /^(node_modules|dist|\..*)$/.test(entry.name) ? [] : sourcesOf(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : []
  })
}

const self = import.meta.filename

function isStale(root: string, source: string): boolean {
  const compiled = statSync(compiledFile(root, source), { throwIfNoEntry: false })
  return compiled === undefined || compiled.mtimeMs < Math.max(statSync(source).mtimeMs, statSync(self).mtimeMs)
}

/** Leaves every import an import, and points those of the workspace at compiled files. */
const fileByFile = (root: string): Plugin => ({
  name: 'file-by-file',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point') return { path }
      const target = fileOf(path, importer)
      if (target === undefined) return { path, external: true }
      const to = /\.tsx?$/.test(target) ? compiledFile(root, target) : target
      const way = relative(dirname(compiledFile(root, importer)), to)
      return { path: way.startsWith('.') ? way : `./${way}`, external: true }
    })
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => ({
      contents: withAddresses(root, readFileSync(path, 'utf8'), path),
      loader: path.endsWith('x') ? 'tsx' : 'ts',
    }))
  },
})

/** The file an import names, if it is one of the workspace. */
function fileOf(path: string, importer: string): string | undefined {
  if (path.startsWith('.')) return resolve(dirname(importer), path)
  return path.startsWith('@gatehouse/') ? createRequire(importer).resolve(path) : undefined
}

/**
 * A compiled file takes its source's address for its own, so that it finds migrations, pictures and programs. Two
 * things are for the compiled tree: the program of a thread, and a module whose path is computed.
 */
function withAddresses(root: string, text: string, path: string): string {
  const own = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path }
  const placed = text.replace(
    /(?<!siblingModule\()\bimport\.meta\.(url|dirname|filename)\b/g,
    (_, member: keyof typeof own) => JSON.stringify(own[member]),
  )
  const found = placed.replace(COMPUTED_IMPORT, '__imported(')
  return found === placed ? placed : `${importOfCompiled(root)}${found}`
}

/** A function that imports the compiled file where a source is asked for, as text. It stays on the first line. */
function importOfCompiled(root: string): string {
  const [sources, compiled] = [resolve(root), compiledFolder(root)].map((folder) =>
    JSON.stringify(pathToFileURL(folder).href),
  )
  return [
    'const __imported = (at) => {',
    "const url = String(at).startsWith('/') ? 'file://' + at : String(at);",
    `return ${'import'}(/\\.tsx?$/.test(url) ? url.replace(${sources}, ${compiled}).replace(/tsx?$/, 'js') : url);`,
    '};',
  ].join(' ')
}

/** Programs that compile at the same time write the same bytes, and none reads half a file. */
function replaceFile(path: string, contents: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, contents)
  renameSync(draft, path)
}

/** Packages that only one workspace has are found from its compiled files as well. */
function linkModules(root: string): void {
  for (const workspace of WORKSPACES.flatMap((room) => readdirSync(join(root, room)).map((name) => join(room, name)))) {
    const modules = join(root, workspace, 'node_modules')
    const link = join(compiledFolder(root), workspace, 'node_modules')
    if (!existsSync(modules) || existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(modules, link)
  }
}
