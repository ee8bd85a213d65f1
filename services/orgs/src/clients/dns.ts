/** TXT records. Not finding one is an answer; a server that does not answer, or fails, is none. */
import { Resolver } from 'node:dns/promises'

export type TxtAnswer = { kind: 'records'; records: string[][] } | { kind: 'none' } | { kind: 'unanswered' }
export type ResolveTxt = (name: string) => Promise<TxtAnswer>

/** There is no such name, or the name has no such record. */
const isAbsence = new Set<unknown>(['ENOTFOUND', 'ENODATA'])

/** @param servers addresses with or without a port; none: those of the machine */
export function createTxtResolver({ servers }: { servers: readonly string[] }): ResolveTxt {
  const resolver = new Resolver({ timeout: 1000, tries: 1 })
  if (servers.length > 0) resolver.setServers([...servers])
  return async (name) => {
    try {
      return { kind: 'records', records: await resolver.resolveTxt(name) }
    } catch (error) {
      return { kind: isAbsence.has((error as { code?: unknown }).code) ? 'none' : 'unanswered' }
    }
  }
}
