/**
 * `npm run verify-audit -- <export> --keys <jwks>`: whether an export of the audit trail is what the platform recorded.
 * Needs nothing but these two files and reaches nothing. Ends with 0 when the evidence holds, otherwise with 1 and a
 * sentence for each fault.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { publicKeysOf, type Jwks } from '@gatehouse/access/tokens/jwks-source'
import { Command } from 'commander'
import { createVerifier } from './evidence/verifier.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function verifyFile(file: string, { keys }: { keys: string }): Promise<void> {
  const verifier = createVerifier(publicKeysOf(JSON.parse(readFileSync(keys, 'utf8')) as Jwks))
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity }))
    verifier.take(line)
  const { faults, chain, records, checkpoints, checkpointed } = verifier.finish()
  for (const fault of faults) say(`FAULT  ${fault}`)
  say(`${chain ?? 'no chain'}: ${records} records, ${checkpoints} checkpoints, the last up to record ${checkpointed}`)
  say(faults.length === 0 ? 'The evidence holds.' : `The evidence does not hold: ${faults.length} faults.`)
  if (faults.length > 0) process.exitCode = 1
}

const program = new Command('npm run verify-audit --')
  .description('Whether an export of the audit trail is what the platform recorded.')
  .argument('<export>', 'the answer of GET …/audit-evidence, as a file')
  .requiredOption(
    '--keys <jwks>',
    'the public keys: the answer of GET /v1/audit-keys, as a file kept apart from the export',
  )
  .action(verifyFile)
await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
})
