/**
 * `npm run image`: what the Dockerfile does, step by step, on a machine without a container engine: prune, install,
 * bundle, copy. Says what each image would hold and how large that is, and leaves the folders behind for
 * `GATEHOUSE_BUILT=<folder> npm test -- tests/platform/built.test.ts`.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entryOf } from './bundle.ts'
import { SERVICES } from './services.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`)
  return stdout
}

/** Like the stages `pruned` and `built`. */
function build(service: string, to: string): void {
  const work = mkdtempSync(join(tmpdir(), `gatehouse-image-${service}-`))
  run(
    'npx',
    ['turbo', 'prune', `@gatehouse/${service}`, '@gatehouse/deploy', '--docker', '--out-dir', join(work, 'out')],
    root,
  )
  const workspace = join(work, 'workspace')
  cpSync(join(work, 'out', 'json'), workspace, { recursive: true })
  run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], workspace)
  cpSync(join(work, 'out', 'full'), workspace, { recursive: true })
  run(process.execPath, ['--import', 'tsx', 'infra/deploy/src/build.ts', '--out', to, '--copy', service], workspace)
  rmSync(work, { recursive: true, force: true })
}

type Size = { files: number; bytes: number }

function sizeOf(path: string): Size {
  const stat = statSync(path)
  if (!stat.isDirectory()) return { files: 1, bytes: stat.size }
  return readdirSync(path)
    .map((name) => sizeOf(join(path, name)))
    .reduce((sum, one) => ({ files: sum.files + one.files, bytes: sum.bytes + one.bytes }), { files: 0, bytes: 0 })
}

const shown = ({ files, bytes }: Size): string => `${(bytes / 1e6).toFixed(1)} MB in ${files} files`

function packagesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((one) => `${name}/${one}`) : [name],
  )
}

/** As the image starts it, with nothing around it: it must name its settings, and refuse to run without them. */
function start(out: string): string {
  const main = entryOf(out, 'main')
  const { settings } = JSON.parse(run(process.execPath, [main, '--print-config'], out)) as { settings: unknown[] }
  const { status } = spawnSync(process.execPath, [main], { cwd: out, env: {}, encoding: 'utf8' })
  if (status !== 78) throw new Error(`${main} without configuration ended with ${status} instead of 78`)
  return `starts: ${settings.length} settings printed, exit 78 without them`
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : SERVICES
const images = mkdtempSync(join(realpathSync(tmpdir()), 'gatehouse-images-'))
mkdirSync(images, { recursive: true })
const { bytes: node } = sizeOf(realpathSync(process.execPath))
for (const service of wanted) {
  build(service, images)
  const out = join(images, service)
  console.log(`${service}: ${shown(sizeOf(out))} below /gatehouse, ${start(out)}`)
  for (const part of readdirSync(out)) console.log(`  ${part.padEnd(14)} ${shown(sizeOf(join(out, part)))}`)
  console.log(`  packages: ${packagesIn(join(out, 'node_modules')).join(' ')}`)
}
console.log(
  `Node adds ${(node / 1e6).toFixed(0)} MB, and the base image what it weighs.\n\nThe whole platform on exactly ` +
    `these files:\n  GATEHOUSE_BUILT=${images} npm test -- tests/platform/built.test.ts`,
)
