/**
 * `npm run secrets`: every secret for Compose, as files below `infra/compose/secrets`. `npm run secrets -- --kubernetes`: the same as
 * Secret manifests, to be applied. Asked again it changes nothing it has made, except what `--rotate <service>` or
 * `--rotate key-encryption-key` names; `--folder` keeps several deployments apart.
 * Servers of the operator's own are named by `DATABASE_URL`, `REDIS_URL`, `NATS_URL`, `SMTP_URL` and kept too; `--forget <name>` takes one back.
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { SERVICES } from '../services.ts'
import { allSettings } from '../settings.ts'
import { fullName, rememberGiven } from './given.ts'
import { rotateKeyEncryptionKey, rotateServiceKey } from './keys.ts'
import { makeSecrets, type Addresses, type Secrets } from './values.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

const { values } = parseArgs({
  options: {
    kubernetes: { type: 'boolean', default: false },
    folder: { type: 'string' },
    release: { type: 'string', default: 'gatehouse' },
    rotate: { type: 'string' },
    forget: { type: 'string' },
  },
})

const compose: Addresses = { postgres: 'postgres:5432', redis: 'redis:6379', nats: 'nats:4222', smtp: 'mailpit:1025' }
const inCluster: Addresses = {
  postgres: `${fullName(values.release)}-postgres:5432`,
  redis: `${fullName(values.release)}-redis:6379`,
  nats: `${fullName(values.release)}-nats:4222`,
  smtp: `${fullName(values.release)}-smtp:1025`,
}

const folder =
  values.folder ?? (values.kubernetes ? join(root, 'infra/k8s/secrets') : join(root, 'infra/compose/secrets'))
const kept = join(folder, 'kept')
if (values.rotate !== undefined) console.log(`${values.rotate}: ${rotate(kept, values.rotate)}`)
mkdirSync(kept, { recursive: true, mode: 0o700 })
const given = rememberGiven({ folder: kept, env: process.env, forget: values.forget })
for (const change of given.changes) console.log(change)
const secrets = makeSecrets({
  folder: kept,
  settings: await allSettings(root),
  addresses: values.kubernetes ? inCluster : compose,
  env: given.urls,
})
chmodSync(folder, 0o700)
if (values.kubernetes) writeManifests(join(folder, 'kubernetes.yaml'), secrets)
else writeFiles(folder, secrets)

function rotate(from: string, what: string): string {
  const service = SERVICES.find((one) => one === what)
  if (service !== undefined) return rotateServiceKey(from, service)
  if (what === 'key-encryption-key') return rotateKeyEncryptionKey(from)
  throw new Error(`--rotate takes key-encryption-key or one of ${SERVICES.join(', ')}`)
}

function writeManifests(file: string, all: Secrets): void {
  const manifests = Object.entries(all).map(([name, stringData]) =>
    stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `gatehouse-${name}` },
      type: 'Opaque',
      stringData,
    }),
  )
  writeFileSync(file, manifests.join('---\n'), { mode: 0o600 })
  console.log(
    `${Object.keys(all).length} Secrets in ${file}\n  kubectl -n <namespace> apply -f ${file}\nKeep that folder: what is in it cannot be made again.`,
  )
}

/** Compose mounts them as they are, for a container that runs as nobody in particular: the folder is closed, not the files. */
function writeFiles(to: string, all: Secrets): void {
  for (const [reader, own] of Object.entries(all)) {
    mkdirSync(join(to, reader), { recursive: true })
    for (const [name, value] of Object.entries(own)) {
      const file = join(to, reader, name)
      rmSync(file, { force: true })
      writeFileSync(file, value, { mode: 0o444 })
    }
  }
  console.log(
    `Secrets of ${Object.keys(all).length} readers in ${to}. Keep that folder: what is in it cannot be made again.`,
  )
}
