// `npm run load-fixture -- <file>`: puts a fixture tenant into the platform that is running here, so that somebody
// else's tests can be pointed at it. The file is YAML or JSON; loading it again changes only what differs.
import { readJson } from '@gatehouse/deploy/secrets/json-file'
import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { createClient } from './demo/client.ts'
import { loadFixture, type Fixture } from './fixture/load.ts'
import type { PlatformFile } from './platform/platform-file.ts'
import { openDataFolder } from './state/data-folder.ts'

async function main(): Promise<number> {
  const [file = ''] = new Command('npm run load-fixture --')
    .description('Loads a catalog application, an authorization document and entities into the demo organization.')
    .argument('<file>', 'YAML or JSON')
    .parse().args
  const platform = readJson<PlatformFile>(openDataFolder(process.env).platformFile)
  const owner = platform?.demo?.users[0]
  if (!platform?.demo || !owner) throw new Error('No platform with a demo is running here: npm start first')
  const fixture = parse(readFileSync(file, 'utf8')) as Fixture
  const loaded = await loadFixture(createClient(platform), {
    admin: platform.admin,
    owner,
    organizationId: platform.demo.organization_id,
    fixture,
  })
  process.stdout.write(
    `loaded into ${platform.demo.organization_id}: ${loaded.applications} applications, ${loaded.changes} changes ` +
      `of roles, policies, groups and assignments, ${loaded.entities} entities\n`,
  )
  return 0
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`)
  return 1
})
