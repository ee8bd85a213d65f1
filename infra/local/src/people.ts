// `npm run people -- import <file> --reason <text> | export <file> --reason <text>`: people from another system, and
// for another instance. GATEHOUSE_URL says where, GATEHOUSE_TOKEN (the access token of a platform administrator) as
// whom. See docs/runbooks/import-people.md.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ImportOutcome } from '@gatehouse/contracts/http/identity/imports'
import type { MembershipOutcome } from '@gatehouse/contracts/http/orgs/membership-imports'
import { Command } from 'commander'
import { createClient } from './demo/client.ts'
import { importFile } from './people/import-people.ts'

function connection(): { gateway: string; token: string } {
  const [gateway, token] = ['GATEHOUSE_URL', 'GATEHOUSE_TOKEN'].map((name) => {
    const value = process.env[name]
    if (!value) throw new Error(`${name} is not set`)
    return value
  }) as [string, string]
  return { gateway, token }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

async function bring(file: string, { reason }: { reason: string }): Promise<void> {
  const { gateway, token } = connection()
  const { call } = createClient({ gateway, mailbox: '' })
  const tally = await importFile({
    file,
    send: async (people) => {
      const body = { reason, people }
      const path = '/v1/platform/imports/people'
      return (await call<{ data: ImportOutcome[] }>('POST', path, { token, body, accept: [400] }))?.data
    },
    join: async (memberships) => {
      const body = { reason, memberships }
      const path = '/v1/platform/imports/memberships'
      return (await call<{ data: MembershipOutcome[] }>('POST', path, { token, body })).data
    },
    progress: (line, { created, unchanged, refused }) =>
      say(`line ${line}: ${created} created, ${unchanged} unchanged, ${refused} refused`),
  })
  if (tally.refused > 0) process.exitCode = 1
}

async function take(file: string, { reason }: { reason: string }): Promise<void> {
  const { gateway, token } = connection()
  const url = `${gateway}/v1/platform/exports/people?reason=${encodeURIComponent(reason)}`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  if (!answer.ok || answer.body === null) throw new Error(`answered with ${answer.status}: ${await answer.text()}`)
  await pipeline(
    Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(file, { mode: 0o600 }),
  )
}

const program = new Command('npm run people --').description('People from another system, and for another instance.')
program
  .command('import')
  .description('send the lines of a file; begun again, it goes on where it was')
  .argument('<file>', 'NDJSON, or CSV with a row of names')
  .requiredOption('--reason <text>', 'stands in the audit trail')
  .action(bring)
program
  .command('export')
  .description('write everybody, with the hashes of their passwords')
  .argument('<file>', 'NDJSON')
  .requiredOption('--reason <text>', 'stands in the audit trail')
  .action(take)
await program.parseAsync().catch((error: unknown) => {
  say((error as Error).message)
  process.exitCode = 1
})
