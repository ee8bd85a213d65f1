/**
 * A service as it is shipped: one file per process entry, the SQL it brings, and every npm package left outside the
 * bundle. The entries lie where the sources' relative paths still hold: `../migrations` and `../assets` are the
 * service's, `../../migrations` the kit's.
 *
 *     <out>/service/bin/main.mjs, migrate.mjs, *-worker.mjs
 *     <out>/service/migrations, assets
 *     <out>/migrations
 *     <out>/node_modules
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { build, type Metafile } from 'esbuild'

/** An npm package the bundle imports, and a file of ours that does. */
export type Import = { name: string; importer: string }

export type Bundle = { out: string; imports: Import[] }

export const entryOf = (out: string, entry: 'main' | 'migrate'): string => join(out, 'service', 'bin', `${entry}.mjs`)

/** Replaces what is at `out`. `root` is the workspace, whole or pruned. */
export async function bundleService(o: { root: string; service: ServiceName; out: string }): Promise<Bundle> {
  const { root, service, out } = o
  const folder = join(root, 'services', service)
  const entries = readdirSync(join(folder, 'src'))
    .filter((file) => /^(main|migrate|.*-worker)\.ts$/.test(file))
    .map((file) => join(folder, 'src', file))
  rmSync(out, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: join(out, 'service', 'bin'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // Packages find their own files at run time (native code, Lua scripts, pages), which a bundle would break.
    packages: 'external',
    alias: Object.fromEntries(
      ['contracts', 'policy', 'service-kit', 'access', 'spine'].map((lib) => [
        `@gatehouse/${lib}`,
        join(root, 'libs', lib, 'src'),
      ]),
    ),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // The options that change what is emitted; a pruned workspace has no base file to inherit them from.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, jsx: 'react-jsx', jsxImportSource: 'preact' } },
    metafile: true,
    logLevel: 'warning',
  })
  copyFolder(join(folder, 'migrations'), join(out, 'service', 'migrations'))
  copyFolder(join(folder, 'assets'), join(out, 'service', 'assets'))
  if (existsSync(entryOf(out, 'migrate')))
    copyFolder(join(root, 'libs', 'spine', 'migrations'), join(out, 'migrations'))
  return { out, imports: importsOf(root, metafile) }
}

function copyFolder(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { recursive: true })
}

function importsOf(root: string, { inputs }: Metafile): Import[] {
  const found = new Map<string, string>()
  for (const [path, { imports }] of Object.entries(inputs)) {
    for (const one of imports)
      if (one.external === true && !one.path.startsWith('node:'))
        found.set(`${packageOf(one.path)}\n${dirname(path)}`, join(root, path))
  }
  return [...found].map(([key, importer]) => ({ name: key.split('\n')[0] ?? '', importer }))
}

const packageOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/')
