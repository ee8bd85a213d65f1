/**
 * One JSON document of the web, from an address a stranger chose: no redirect, a bounded size, a bounded time from the
 * first byte to the last.
 */
import {
  createGuardedAgent,
  closedReason,
  namesClosedAddress,
  outboundReason,
  type GuardOptions,
} from './guarded-agent.ts'

export type FetchedDocument =
  /** `freshSeconds`: what the answer says of how long it may be kept (RFC 9111 §5.2.2.1); undefined: nothing. */
  | { kind: 'fetched'; json: unknown; freshSeconds: number | undefined }
  /** The reason is for whoever the document belongs to. */
  | { kind: 'failed'; reason: string }

export type DocumentFetcher = {
  fetch(url: string): Promise<FetchedDocument>
  close(): Promise<void>
}

const timeoutMs = 5_000

export function createDocumentFetcher(o: GuardOptions & { mostBytes: number }): DocumentFetcher {
  const agent = createGuardedAgent({ ...o, timeoutMs })
  return {
    async fetch(url) {
      if (namesClosedAddress(url, o.isOpen)) return { kind: 'failed', reason: closedReason }
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), timeoutMs)
      try {
        const { origin, pathname, search } = new URL(url)
        const headers = { accept: 'application/json', 'user-agent': 'Gatehouse' }
        const request = { origin, path: `${pathname}${search}`, method: 'GET' as const, headers, signal: late.signal }
        const answer = await agent.request(request)
        const reason = refusalOf(answer)
        if (reason !== undefined) {
          // What is left of it is not read; that it was cut short is an event of the stream.
          answer.body.on('error', () => undefined).destroy()
          return { kind: 'failed', reason }
        }
        const text = await boundedText(answer.body, o.mostBytes)
        if (text === undefined) return { kind: 'failed', reason: `the answer has more than ${o.mostBytes} bytes` }
        return { kind: 'fetched', json: JSON.parse(text), freshSeconds: freshnessOf(answer.headers['cache-control']) }
      } catch (err) {
        return { kind: 'failed', reason: err instanceof SyntaxError ? 'the answer is no JSON' : outboundReason(err) }
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => agent.destroy(),
  }
}

type Head = { statusCode: number; headers: Record<string, string | string[] | undefined> }

function refusalOf({ statusCode, headers }: Head): string | undefined {
  if (statusCode !== 200) return `the answer is ${statusCode}`
  const [type = ''] = String(headers['content-type']).split(';')
  return /^application\/(json|[a-z0-9.-]+\+json)$/i.test(type.trim()) ? undefined : 'the answer is no JSON'
}

/** Undefined: there is more of it. */
async function boundedText(body: AsyncIterable<Buffer>, mostBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function freshnessOf(header: string | string[] | undefined): number | undefined {
  const text = String(header ?? '')
  if (/\bno-(store|cache)\b/i.test(text)) return 0
  const seconds = /\bmax-age="?(\d{1,9})/i.exec(text)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
