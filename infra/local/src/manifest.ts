// `npm run manifest -- export | diff <file> | apply <file>`: roles, policies, groups and assignments of an organization
// as one YAML document, to be kept and reviewed like code. GATEHOUSE_URL says where, GATEHOUSE_ORGANIZATION whose,
// GATEHOUSE_TOKEN (an API key or an access token) as whom.
import type { AuthorizationManifest, ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { createClient } from './demo/client.ts'

type Applied = { applied: boolean; changes: ManifestChange[] }

function connect() {
  const [url, organization, token] = ['GATEHOUSE_URL', 'GATEHOUSE_ORGANIZATION', 'GATEHOUSE_TOKEN'].map((name) => {
    const value = process.env[name]
    if (!value) throw new Error(`${name} is not set`)
    return value
  }) as [string, string, string]
  const { call } = createClient({ gateway: url, mailbox: '' })
  const path = `/v1/organizations/${organization}/authorization-manifest`
  return {
    read: () => call<AuthorizationManifest>('GET', path, { token }),
    apply: (body: unknown, isDryRun: boolean) =>
      call<Applied>('PUT', `${path}${isDryRun ? '?dry_run=true' : ''}`, { token, body }),
  }
}

const lineOf = ({ part, key, kind, changes }: ManifestChange): string => {
  const members = changes.map(({ path }) => path).join(', ')
  return `${kind} ${part}/${key}${kind === 'update' && members !== '' ? `: ${members}` : ''}\n`
}

const say = (text: string): void => void process.stdout.write(text)

async function bring(file: string, isDryRun: boolean): Promise<void> {
  const { changes } = await connect().apply(parse(readFileSync(file, 'utf8')), isDryRun)
  for (const change of changes) say(lineOf(change))
  say(changes.length === 0 ? 'nothing to change\n' : `${changes.length} ${isDryRun ? 'would change' : 'changed'}\n`)
}

const program = new Command('npm run manifest --').description(
  'An organization’s roles, policies, groups and assignments as one YAML document.',
)
program
  .command('export')
  .description('print what is in force')
  .action(async () => say(stringify(await connect().read())))
program
  .command('diff')
  .description('say what applying would change')
  .argument('<file>', 'YAML or JSON')
  .action((file: string) => bring(file, true))
program
  .command('apply')
  .description('bring the organization to what the file says, all of it or nothing')
  .argument('<file>', 'YAML or JSON')
  .action((file: string) => bring(file, false))
await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
})
