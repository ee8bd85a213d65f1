/**
 * Which servers of their own the operator named. What was given once is kept beside the other secrets, so that an
 * upgrade or a rotation in a shell without those variables does not send production mail to the mailbox page.
 */
import { join } from 'node:path'
import { readJson, writeJson } from './json-file.ts'

const NAMES = ['DATABASE_URL', 'REDIS_URL', 'NATS_URL', 'SMTP_URL'] as const
export type ServerVariable = (typeof NAMES)[number]

type Environment = Readonly<Record<string, string | undefined>>

export type Given = {
  urls: Readonly<Partial<Record<ServerVariable, string>>>
  /** One line for each variable that was not as it is now; addresses without their credentials. */
  changes: string[]
}

/** @param o.forget a variable whose server is the deployment's own again */
export function rememberGiven(o: { folder: string; env: Environment; forget?: string | undefined }): Given {
  const file = join(o.folder, 'given.json')
  if (o.forget !== undefined && !NAMES.some((name) => name === o.forget))
    throw new Error(`--forget takes one of ${NAMES.join(', ')}`)
  const kept = readJson<Partial<Record<ServerVariable, string>>>(file) ?? {}
  const now = Object.fromEntries(
    NAMES.flatMap((name) => {
      const url = name === o.forget ? undefined : o.env[name] || kept[name]
      return url === undefined ? [] : [[name, url]]
    }),
  ) as Given['urls']
  const changes = NAMES.filter((name) => now[name] !== kept[name]).map(
    (name) => `${name}: ${addressOf(kept[name])} -> ${addressOf(now[name])}`,
  )
  if (changes.length > 0) writeJson(file, now)
  return { urls: now, changes }
}

/** Without its credentials. */
export function addressOf(url: string | undefined): string {
  if (url === undefined) return 'the deployment’s own server'
  const { protocol, host, pathname } = new URL(url.split(',')[0] ?? '')
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}

/** How the chart names what belongs to a release (templates/_names.tpl, `gatehouse.fullname`). */
export const fullName = (release: string): string =>
  (release.includes('gatehouse') ? release : `${release}-gatehouse`).slice(0, 40).replace(/-$/, '')
