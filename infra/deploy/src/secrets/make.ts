/**
 * `npm run secrets`: every secret for Compose, as files below `infra/compose/secrets`. `npm run secrets --
 * --kubernetes`: the same as Secret manifests, to be applied. Asked again it changes nothing it has made, except what
 * `--rotate <service>` or `--rotate key-encryption-key` names; `--folder` keeps several deployments apart. Servers of
 * the operator's own are named by `DATABASE_URL`, `REDIS_URL`, `NATS_URL`, `SMTP_URL` and kept too; `--forget <name>`
 * takes one back. What would be replaced is shown first: it asks, or wants `--yes` where nobody can answer.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { allSettings } from '../settings.ts'
import { applySecrets } from './apply.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

const { values } = parseArgs({
  options: {
    kubernetes: { type: 'boolean', default: false },
    folder: { type: 'string' },
    release: { type: 'string', default: 'gatehouse' },
    rotate: { type: 'string' },
    forget: { type: 'string' },
    yes: { type: 'boolean', default: false },
  },
})

const folder =
  values.folder ?? (values.kubernetes ? join(root, 'infra/k8s/secrets') : join(root, 'infra/compose/secrets'))
const manifests = join(folder, 'kubernetes.yaml')

async function isAgreed(): Promise<boolean> {
  if (values.yes) return true
  if (!process.stdin.isTTY) return false
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await asking.question('Replace these? [y/N] ')
  asking.close()
  return /^y(es)?$/i.test(answer.trim())
}

const outcome = await applySecrets(
  { ...values, folder, settings: await allSettings(root), env: process.env },
  { say: (line) => console.log(line), agree: isAgreed },
)
if (outcome === 'refused') {
  console.error('Nothing was written. With --yes it is done without asking.')
  process.exitCode = 1
} else {
  const done = outcome === 'written' ? 'written' : 'as they were'
  console.log(
    values.kubernetes
      ? `Secrets ${done}: ${manifests}\n  kubectl -n <namespace> apply -f ${manifests}`
      : `Secrets ${done}: ${folder}`,
  )
  console.log('Keep that folder: what is in it cannot be made again.')
}
