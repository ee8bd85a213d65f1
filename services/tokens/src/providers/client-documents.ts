/**
 * What clients keep on the web: documents about themselves, and keys. Nothing is fetched from a host that the operator
 * has not named. One request is under way for an address; an address that failed, or had what cannot be used, is left
 * alone for a minute: nobody may have us ask a stranger's server for every request.
 */
import type { ClientKeys } from '@gatehouse/contracts/http/tokens/oauth-client'
import { createDocumentFetcher, type FetchedDocument } from '@gatehouse/service-kit/outbound/fetch-document'
import type { Resolve } from '@gatehouse/service-kit/outbound/guarded-agent'
import { createOpenAddresses } from '@gatehouse/service-kit/outbound/open-addresses'
import { LRUCache } from 'lru-cache'
import { usableKeys } from '../crypto/client-keys.ts'

export type ClientDocuments = {
  /** Whether any host is named. */
  readonly isOn: boolean
  /** Whether the address may be fetched at all. */
  isAllowed(url: string): boolean
  fetch(url: string): Promise<FetchedDocument>
  /** Notes what is wrong with a document that was read. */
  refuse(url: string, why: string): void
  /** What was wrong with it within the last minute. */
  refusalOf(url: string): string | undefined
  /** The keys at the address, fetched anew for a `kid` that is not among them. Undefined: there are none to be had. */
  keysAt(url: string, kid: unknown): Promise<ClientKeys | undefined>
  close(): Promise<void>
}

const mostBytes = 16_384
const mostAddresses = 1_000
const failureMs = 60_000
/** Keys may be changed within minutes, and nobody may have them fetched for every request. */
const keysFresh = { leastMs: 60_000, usualMs: 600_000, mostMs: 3_600_000 }

export function createClientDocuments(o: {
  hosts: readonly string[]
  networks: readonly string[]
  resolve?: Resolve
}): ClientDocuments {
  const fetcher = createDocumentFetcher({ ...o, isOpen: createOpenAddresses(o.networks), mostBytes })
  const underWay = new Map<string, Promise<FetchedDocument>>()
  const failures = new LRUCache<string, FetchedDocument>({ max: mostAddresses, ttl: failureMs })
  const refusals = new LRUCache<string, string>({ max: mostAddresses, ttl: failureMs })
  const keys = new LRUCache<string, { keys: ClientKeys; fetchedMs: number; freshMs: number }>({ max: mostAddresses })

  const isAllowed = (url: string): boolean => {
    if (!URL.canParse(url)) return false
    const { protocol, hostname } = new URL(url)
    const isOfTheWeb = protocol === 'https:' || (protocol === 'http:' && o.networks.length > 0)
    return isOfTheWeb && (o.hosts.includes('*') || o.hosts.includes(hostname))
  }

  async function fetchOnce(url: string): Promise<FetchedDocument> {
    const fetched = await fetcher.fetch(url)
    if (fetched.kind === 'failed') failures.set(url, fetched)
    return fetched
  }

  async function fetch(url: string): Promise<FetchedDocument> {
    const failed = failures.get(url)
    if (failed !== undefined) return failed
    const current = underWay.get(url) ?? fetchOnce(url).finally(() => underWay.delete(url))
    underWay.set(url, current)
    return await current
  }

  async function keysAt(url: string, kid: unknown): Promise<ClientKeys | undefined> {
    if (!isAllowed(url)) return undefined
    const kept = keys.get(url)
    const ageMs = kept === undefined ? Infinity : performance.now() - kept.fetchedMs
    const isThere = kept?.keys.keys.some((key) => key['kid'] === kid) === true
    if (kept !== undefined && ageMs < (isThere ? kept.freshMs : keysFresh.leastMs)) return kept.keys
    if (refusals.has(url)) return undefined
    const fetched = await fetch(url)
    if (fetched.kind !== 'fetched') return undefined
    const found = usableKeys(fetched.json)
    if (found === undefined) return void refusals.set(url, 'it has no keys that can be used')
    const saidMs = fetched.freshSeconds === undefined ? keysFresh.usualMs : fetched.freshSeconds * 1000
    const freshMs = Math.min(Math.max(saidMs, keysFresh.leastMs), keysFresh.mostMs)
    keys.set(url, { keys: found, fetchedMs: performance.now(), freshMs })
    return found
  }

  const refuse = (url: string, why: string) => void refusals.set(url, why)
  const refusalOf = (url: string) => refusals.get(url)
  return { isOn: o.hosts.length > 0, isAllowed, fetch, refuse, refusalOf, keysAt, close: fetcher.close }
}
