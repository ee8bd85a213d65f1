/**
 * One HTTP POST to an address a stranger chose. It reaches the public Internet only, follows no redirect, waits a
 * bounded time and reads the beginning of the answer.
 */
import {
  closedReason,
  createGuardedAgent,
  namesClosedAddress,
  outboundReason,
  type GuardOptions,
} from '@gatehouse/service-kit/outbound/guarded-agent'

export type Sent =
  | { kind: 'answered'; status: number; body: string; durationMs: number }
  /** No answer; the reason is for the owner of the endpoint to read. */
  | { kind: 'unreachable'; reason: string; durationMs: number }

export type WebhookSender = {
  send(o: { url: string; headers: Readonly<Record<string, string>>; body: string; signal: AbortSignal }): Promise<Sent>
  close(): Promise<void>
}

const timeoutMs = 10_000
const keptBodyBytes = 4096

export function createWebhookSender(o: GuardOptions): WebhookSender {
  const agent = createGuardedAgent({ ...o, timeoutMs })
  return {
    async send({ url, headers, body, signal }) {
      const startedMs = performance.now()
      const durationMs = () => Math.round(performance.now() - startedMs)
      if (namesClosedAddress(url, o.isOpen))
        return { kind: 'unreachable', reason: closedReason, durationMs: durationMs() }
      // Node 20 may collect an `AbortSignal.timeout` that only `AbortSignal.any` knows; it would never fire.
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), timeoutMs)
      try {
        const { origin, pathname, search } = new URL(url)
        const answer = await agent.request({
          origin,
          path: `${pathname}${search}`,
          method: 'POST',
          headers,
          body,
          signal: AbortSignal.any([signal, late.signal]),
        })
        const text = await beginningOf(answer.body)
        return { kind: 'answered', status: answer.statusCode, body: text, durationMs: durationMs() }
      } catch (err) {
        return { kind: 'unreachable', reason: outboundReason(err), durationMs: durationMs() }
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => agent.destroy(),
  }
}

/** What was read until there was enough of it, in text that can be stored. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= keptBodyBytes) break
  }
  return Buffer.concat(chunks).subarray(0, keptBodyBytes).toString('utf8').replaceAll('\u0000', '\ufffd')
}
