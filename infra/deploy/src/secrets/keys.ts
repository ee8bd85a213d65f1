// Keys of a deployment: one signing key per service, the public halves pinned in one file for all, and the key that
// encrypts secrets at rest. Made once; a lost private key is made anew together with its public half.
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { generateServiceKey } from '@gatehouse/service-kit/http/assertion'
import { readJson, writeJson } from './json-file.ts'

export type KeyFiles = { jwks: string; keyEncryptionKey: string; privateKey: (service: ServiceName) => string }

type Jwks = { keys: ({ kid: string } & Record<string, unknown>)[] }

export function ensureKeys(folder: string, services: readonly ServiceName[]): KeyFiles {
  const files: KeyFiles = {
    jwks: join(folder, 'services.jwks.json'),
    keyEncryptionKey: join(folder, 'key-encryption.key'),
    privateKey: (service) => join(folder, `${service}.jwk.json`),
  }
  const known = readJson<Jwks>(files.jwks)?.keys ?? []
  const keys = services.map((service) => {
    const kid = readJson<{ kid: string }>(files.privateKey(service))?.kid
    const pinned = known.find((key) => key.kid === kid)
    if (pinned !== undefined) return pinned
    const { privateJwk, publicJwk } = generateServiceKey(service)
    writeJson(files.privateKey(service), privateJwk)
    return publicJwk
  })
  writeJson(files.jwks, { keys })
  if (!existsSync(files.keyEncryptionKey)) writeFileSync(files.keyEncryptionKey, randomBytes(32).toString('base64url') + '\n', { mode: 0o600 })
  return files
}
