/** A closed loop: so many callers, each with one request under way, for so many seconds or requests. */
import { Agent, request, type IncomingHttpHeaders } from 'node:http'

export type Loop = {
  readonly perSecond: number
  readonly count: number
  readonly failed: number
  readonly p99Ms: number
}

export async function closedLoop(
  o: { callers: number; seconds: number },
  once: (caller: number) => Promise<boolean>,
): Promise<Loop> {
  const latencies: number[] = []
  let failed = 0
  const beganMs = performance.now()
  const endMs = beganMs + o.seconds * 1000
  await Promise.all(
    Array.from({ length: o.callers }, async (_, caller) => {
      while (performance.now() < endMs) {
        const startedMs = performance.now()
        if (!(await once(caller))) failed += 1
        latencies.push(performance.now() - startedMs)
      }
    }),
  )
  latencies.sort((a, b) => a - b)
  return {
    count: latencies.length,
    perSecond: latencies.length / ((performance.now() - beganMs) / 1000),
    failed,
    p99Ms: latencies[Math.floor(0.99 * latencies.length)] ?? NaN,
  }
}

export type Answer = { readonly status: number; readonly body: string; readonly headers: IncomingHttpHeaders }
/** A `body` is sent as JSON, a `form` as `application/x-www-form-urlencoded`. */
type Asked = {
  token?: string | undefined
  body?: unknown
  form?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
}
export type Ask = (method: string, path: string, o?: Asked) => Promise<Answer>

/** Requests over connections that stay open. */
export function createAsker(origin: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  return (method, path, asked = {}) =>
    new Promise((resolve, reject) => {
      const { headers, payload } = messageOf(asked)
      const sent = request(new URL(path, origin), { method, agent, headers }, (answer) => {
        const pieces: Buffer[] = []
        answer.on('data', (piece: Buffer) => pieces.push(piece))
        answer.once('end', () => {
          const { statusCode: status = 0, headers } = answer
          resolve({ status, headers, body: Buffer.concat(pieces).toString() })
        })
        answer.once('error', reject)
      })
      sent.once('error', reject)
      sent.end(payload)
    })
}

function messageOf({ token, body, form, headers }: Asked) {
  const json = body === undefined ? undefined : JSON.stringify(body)
  const payload = form === undefined ? json : new URLSearchParams(form).toString()
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  return {
    payload,
    headers: {
      ...headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(payload !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
    },
  }
}
