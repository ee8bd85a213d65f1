// Keys of a deployment: one signing key per service, the public halves pinned in one file for all, and the key that
// encrypts secrets at rest. Made once; a lost private key is made anew together with its public half. Replacing one
// takes two steps, so that everybody knows the public half before anybody signs with it.
import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { generateServiceKey } from '@gatehouse/access/tokens/assertion'
import { readJson, writeJson } from './json-file.ts'

export type KeyFiles = {
  jwks: string
  keyEncryptionKey: string
  revisionKey: string
  cookieKey: string
  privateKey: (service: ServiceName) => string
}

type Jwks = { keys: ({ kid: string } & Record<string, unknown>)[] }

type NextKey = { privateJwk: object; publicJwk: Jwks['keys'][number] }

const nextFile = (folder: string, service: ServiceName): string => join(folder, `${service}.next.json`)

export function ensureKeys(folder: string, services: readonly ServiceName[]): KeyFiles {
  const files: KeyFiles = {
    jwks: join(folder, 'services.jwks.json'),
    keyEncryptionKey: join(folder, 'key-encryption.key'),
    revisionKey: join(folder, 'revision.key'),
    cookieKey: join(folder, 'cookie.key'),
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
  const announced = services.flatMap((service) => readJson<NextKey>(nextFile(folder, service))?.publicJwk ?? [])
  writeJson(files.jwks, { keys: [...keys, ...announced] })
  for (const file of [files.keyEncryptionKey, files.revisionKey, files.cookieKey])
    if (!existsSync(file)) writeFileSync(file, freshKey(), { mode: 0o600 })
  return files
}

/**
 * First call: a second key of `service` is announced beside the first. Second call: it signs from now on, and the first
 * is gone. `ensureKeys` writes the key set afterwards.
 */
export function rotateServiceKey(folder: string, service: ServiceName): 'announced' | 'replaced' {
  const file = nextFile(folder, service)
  const next = readJson<NextKey>(file)
  if (next === undefined) {
    writeJson(file, generateServiceKey(service))
    return 'announced'
  }
  const jwks = join(folder, 'services.jwks.json')
  writeJson(join(folder, `${service}.jwk.json`), next.privateJwk)
  writeJson(jwks, { keys: [...(readJson<Jwks>(jwks)?.keys ?? []), next.publicJwk] })
  rmSync(file)
  return 'replaced'
}

/**
 * The key-encryption key beside the present one, which opens and does not seal: the next one while it is announced,
 * then the previous one.
 */
export const otherKeyEncryptionKey = (folder: string): string | undefined =>
  ['key-encryption.next.key', 'key-encryption.previous.key']
    .map((name) => join(folder, name))
    .find((file) => existsSync(file))

/**
 * First call: a next key-encryption key is announced, so that every replica can open what it will seal. Second call: it
 * seals, and the present one becomes the previous. Third call: the previous one is forgotten.
 */
export function rotateKeyEncryptionKey(folder: string): 'announced' | 'replaced' | 'forgotten' {
  const [present, previous, next] = [
    join(folder, 'key-encryption.key'),
    join(folder, 'key-encryption.previous.key'),
    join(folder, 'key-encryption.next.key'),
  ]
  if (existsSync(previous)) {
    rmSync(previous)
    return 'forgotten'
  }
  if (!existsSync(next)) {
    writeFileSync(next, freshKey(), { mode: 0o600 })
    return 'announced'
  }
  renameSync(present, previous)
  renameSync(next, present)
  return 'replaced'
}

const freshKey = (): string => randomBytes(32).toString('base64url') + '\n'
