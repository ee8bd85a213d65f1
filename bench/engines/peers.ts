/**
 * Where the peers are: a folder of their own that only this command fills. The repository itself depends on none of
 * them.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../peers/', import.meta.url))
const requirePeer = createRequire(`${folder}package.json`)
const wanted = `${folder}package-lock.json`
/** The lock file as it was when it was last installed. */
const installed = `${folder}node_modules/.installed.json`
const packageFile = (name: string): string => `${folder}node_modules/${name}/package.json`

export const hasPeer = (name: string): boolean => existsSync(packageFile(name))

export const peerVersion = (name: string): string =>
  (JSON.parse(readFileSync(packageFile(name), 'utf8')) as { version: string }).version

/** Types of peers are not installed where the types are checked, so each engine states what it uses. */
export const loadPeer = <T>(name: string): T => requirePeer(name) as T

export const peerFile = (name: string, file: string): string => `${folder}node_modules/${name}/${file}`

/** Installs what the lock file names, without running anybody's scripts. Does nothing when it is there already. */
export function installPeers(note: (text: string) => void): void {
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(wanted, 'utf8')) return
  note('installing the peers and the images’ Node (about 230 MB, once)')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  copyFileSync(wanted, installed)
}
