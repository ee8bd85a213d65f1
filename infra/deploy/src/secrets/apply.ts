/**
 * Makes the secrets of a deployment, or makes them again. Everything happens on a copy of what is kept; what would
 * change is said, and only a yes puts the copy in the place of what was there. So a rotation that nobody wanted, or a
 * server that another shell names, changes nothing.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { SERVICES } from '../services.ts'
import type { Setting } from '../settings.ts'
import { changesOf } from './changes.ts'
import { fullName, rememberGiven } from './given.ts'
import { rotateKeyEncryptionKey, rotateServiceKey } from './keys.ts'
import { makeSecrets, type Addresses } from './values.ts'
import { writtenAsFiles, writtenAsManifests } from './written.ts'

export type Request = {
  folder: string
  kubernetes: boolean
  release: string
  rotate?: string | undefined
  forget?: string | undefined
  settings: Record<ServiceName, Setting[]>
  env: Readonly<Record<string, string | undefined>>
}

export type Outcome = 'written' | 'unchanged' | 'refused'

const compose: Addresses = { postgres: 'postgres:5432', redis: 'redis:6379', nats: 'nats:4222', smtp: 'mailpit:1025' }

/** Where a release finds its servers: the names the chart gives them. */
export const addressesIn = (release: string): Addresses => ({
  postgres: `${fullName(release)}-postgres:5432`,
  redis: `${fullName(release)}-redis:6379`,
  nats: `${fullName(release)}-nats:4222`,
  smtp: `${fullName(release)}-smtp:1025`,
})

/** `agree` is asked only when something that is there would be replaced. */
export async function applySecrets(
  o: Request,
  { say, agree }: { say(line: string): void; agree(): Promise<boolean> },
): Promise<Outcome> {
  const kept = openKept(o.folder)
  if (o.rotate !== undefined) say(`${o.rotate}: ${rotate(kept.copy, o.rotate)}`)
  const given = rememberGiven({ folder: kept.copy, env: o.env, forget: o.forget })
  given.changes.forEach(say)
  const secrets = makeSecrets({
    folder: kept.copy,
    settings: o.settings,
    addresses: o.kubernetes ? addressesIn(o.release) : compose,
    env: given.urls,
  })
  const written = o.kubernetes ? writtenAsManifests(join(o.folder, 'kubernetes.yaml')) : writtenAsFiles(o.folder)
  const before = written.read()
  const { lines, isReplacing } = changesOf(before, secrets)
  if (Object.keys(before).length > 0) lines.forEach(say)
  if (isReplacing && !(await agree())) {
    kept.drop()
    return 'refused'
  }
  kept.take()
  if (lines.length === 0) return 'unchanged'
  written.write(secrets)
  return 'written'
}

/** What the secrets are made from, and a copy to work on. */
function openKept(folder: string) {
  const [kept, copy, previous] = [join(folder, 'kept'), join(folder, 'kept.next'), join(folder, 'kept.previous')]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  // Ended between the two renames of a run before.
  if (!existsSync(kept) && existsSync(previous)) renameSync(previous, kept)
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { mode: 0o700 })
  if (existsSync(kept)) cpSync(kept, copy, { recursive: true })
  return {
    copy,
    drop: () => rmSync(copy, { recursive: true, force: true }),
    take: () => {
      rmSync(previous, { recursive: true, force: true })
      if (existsSync(kept)) renameSync(kept, previous)
      renameSync(copy, kept)
      rmSync(previous, { recursive: true, force: true })
    },
  }
}

function rotate(from: string, what: string): string {
  const service = SERVICES.find((one) => one === what)
  if (service !== undefined) return rotateServiceKey(from, service)
  if (what === 'key-encryption-key') return rotateKeyEncryptionKey(from)
  throw new Error(`--rotate takes key-encryption-key or one of ${SERVICES.join(', ')}`)
}
