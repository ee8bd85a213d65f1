// The folder with everything one local platform keeps between runs, and what lies where in it. Secrets are in files
// only their owner can read; the folder itself can be passed through but not listed, since PostgreSQL may run as
// another account.
import { chmodSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { launchProblem } from '../launch-problem.ts'
import { REPOSITORY_ROOT } from '../servers/folders.ts'

export type DataFolder = {
  root: string
  logs: string
  keys: string
  servers: string
  mails: string
  lockFile: string
  settingsFile: string
  processesFile: string
  platformFile: string
}

/** `GATEHOUSE_DATA`, else `.data` in the repository; made if it does not exist. */
export function openDataFolder(env: NodeJS.ProcessEnv): DataFolder {
  const named = env['GATEHOUSE_DATA']
  const root = named !== undefined && named !== '' ? resolve(named) : join(REPOSITORY_ROOT, '.data')
  const at = (name: string) => join(root, name)
  try {
    mkdirSync(root, { recursive: true })
    chmodSync(root, 0o711)
    for (const name of ['logs', 'keys', 'mails']) mkdirSync(at(name), { recursive: true, mode: 0o700 })
    mkdirSync(at('servers'), { recursive: true, mode: 0o711 })
    chmodSync(at('servers'), 0o711)
  } catch (error) {
    throw launchProblem(
      `The data folder ${root} cannot be used (${(error as Error).message})`,
      'Make it writable, or set GATEHOUSE_DATA to a folder of your own',
    )
  }
  return {
    root,
    logs: at('logs'),
    keys: at('keys'),
    servers: at('servers'),
    mails: at('mails'),
    lockFile: at('launcher.lock'),
    settingsFile: at('settings.json'),
    processesFile: at('processes.json'),
    platformFile: at('platform.json'),
  }
}
