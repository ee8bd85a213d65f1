// `--reset`: forgets everything a local platform keeps, PostgreSQL's data outside the data folder included. Servers
// that belong to the operator are never emptied; then nothing is forgotten at all, since half a reset would be worse.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { launchProblem } from '../launch-problem.ts'
import { REQUIREMENTS } from '../servers/versions.ts'
import type { DataFolder } from './data-folder.ts'

/** Call with the lock held and nothing running. */
export function resetData(data: DataFolder, env: NodeJS.ProcessEnv): void {
  const theirs = Object.values(REQUIREMENTS)
    .map(({ urlVariable }) => urlVariable)
    .filter((name) => (env[name] ?? '') !== '')
  if (theirs.length > 0)
    throw launchProblem(
      `--reset deletes only what the launcher made itself, but ${theirs.join(' and ')} names a server of yours`,
      `Empty that server yourself, or unset ${theirs.join(' and ')}`,
    )
  const record = join(data.servers, 'postgres.location')
  if (existsSync(record)) rmSync(dirname(readFileSync(record, 'utf8').trim()), { recursive: true, force: true })
  for (const path of [
    data.servers,
    data.mails,
    data.keys,
    data.logs,
    data.settingsFile,
    data.platformFile,
    data.processesFile,
  ])
    rmSync(path, { recursive: true, force: true })
}
