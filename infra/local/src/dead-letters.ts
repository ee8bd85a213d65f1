// `npm run dead-letters -- list | replay <id…> | discard <id> --reason <text>`: what services could not do, for
// operators of the platform. GATEHOUSE_URL says where, GATEHOUSE_TOKEN (the access token of a platform administrator)
// as whom. See docs/runbooks/dead-letters.md.
import type { ReplayOutcome } from '@gatehouse/contracts/http/spine/dead-letters'
import type { DeadLetterPage } from '@gatehouse/contracts/http/workers/dead-letters'
import { Command } from 'commander'
import { createClient } from './demo/client.ts'

const path = '/v1/platform/dead-letters'

function connect() {
  const [gateway, token] = ['GATEHOUSE_URL', 'GATEHOUSE_TOKEN'].map((name) => {
    const value = process.env[name]
    if (!value) throw new Error(`${name} is not set`)
    return value
  }) as [string, string]
  const { call } = createClient({ gateway, mailbox: '' })
  return <T>(method: string, target: string, body?: unknown) =>
    call<T>(method, path + target, { token, ...(body === undefined ? {} : { body }) })
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

type Filter = { kind?: string; service?: string; reader?: string }

async function list(filter: Filter): Promise<void> {
  const call = connect()
  let count = 0
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: URLSearchParams = new URLSearchParams({
      ...filter,
      limit: '200',
      ...(cursor === '' ? {} : { cursor }),
    })
    const { data, page, unanswered } = await call<DeadLetterPage>('GET', `?${query.toString()}`)
    for (const { id, failed_at, service, kind, reader, type, subject, reason } of data)
      say([failed_at, id, service, kind, reader, type, subject ?? '-', reason].join('  '))
    if (unanswered.length > 0) process.stderr.write(`did not answer: ${unanswered.join(', ')}\n`)
    count += data.length
    cursor = page.next_cursor
  }
  say(`${count} dead letters`)
}

async function replay(ids: string[]): Promise<void> {
  const call = connect()
  for (const id of ids) {
    const { outcome, reason } = await call<ReplayOutcome>('POST', `/${encodeURIComponent(id)}/replay`)
    say([id, outcome, ...(reason === undefined ? [] : [reason])].join('  '))
    if (outcome === 'failed') process.exitCode = 1
  }
}

async function discard(id: string, { reason }: { reason: string }): Promise<void> {
  await connect()('POST', `/${encodeURIComponent(id)}/discard`, { reason })
  say(`${id}  discarded`)
}

const program = new Command('npm run dead-letters --').description('What services could not do and set aside.')
program
  .command('list')
  .description('print all, oldest first')
  .option('--kind <kind>', 'event, parked_event or job')
  .option('--service <service>', 'of one service')
  .option('--reader <name>', 'of one consumer, projection or pipeline')
  .action(list)
program.command('replay').description('try again').argument('<id...>', 'from the list').action(replay)
program
  .command('discard')
  .description('give one up')
  .argument('<id>', 'from the list')
  .requiredOption('--reason <text>', 'stands in the audit trail')
  .action(discard)
await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
})
