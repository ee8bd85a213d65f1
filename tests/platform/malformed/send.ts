/**
 * Sends malformed requests as they are (`fetch` would mend or refuse many of them) and says what is wrong with an
 * answer.
 */
import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { eventStream } from '@gatehouse/contracts/http/contract'
import type { Attempt } from './attempt.ts'

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string }

/** Longer than any request may take, on a slow machine too. */
const patienceMs = 30_000

export function sendAttempt(gateway: URL, agent: Agent, attempt: Attempt): Promise<Answer> {
  const names = attempt.headers.map(([name]) => name.toLowerCase())
  const headers = [
    ...(names.includes('host') ? [] : ['host', gateway.host]),
    ...(attempt.body === undefined ? [] : ['content-length', String(attempt.body.length)]),
    ...attempt.headers.flat(),
  ]
  const { hostname, port } = gateway
  const { method, path } = attempt
  return new Promise((resolve, reject) => {
    const sending = httpRequest({ hostname, port, agent, method, path, headers, setHost: false }, (response) => {
      const head = { status: response.statusCode ?? 0, headers: response.headers }
      if (response.headers['content-type']?.startsWith(eventStream) === true) {
        // It stays open, and its head is all there is to judge.
        resolve({ ...head, text: '' })
        return void sending.destroy()
      }
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ ...head, text }))
    })
    sending.setTimeout(patienceMs, () => sending.destroy(new Error('no answer')))
    sending.on('error', reject)
    sending.end(attempt.body)
  })
}

/** The status of the answer to these bytes, 0 when the connection was closed without one. */
export function sendBytes(gateway: URL, bytes: string): Promise<number> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(Number(gateway.port), gateway.hostname, () => socket.write(Buffer.from(bytes, 'latin1')))
    socket.setTimeout(patienceMs, () => socket.destroy())
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (received.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0)))
  })
}

/** What AuthZEN 1.0 wants back unchanged, as far as it is written here as it is sent; a longer name is replaced. */
const isRequestName = (name: string): boolean => /^[\x21-\x7e]([\t\x20-\x7e]{0,4094}[\x21-\x7e])?$/.test(name)

/**
 * What is wrong with an answer, if anything: a 5xx, no problem document, another request's name, `Allow` without 405,
 * or a success that may not be.
 */
export function complaintAbout(attempt: Attempt, { status, headers, text }: Answer): string | undefined {
  if (status >= 500) return `${status} ${text.slice(0, 200)}`
  if ((status === 405) !== (headers.allow !== undefined)) return `${status} and Allow: ${headers.allow}`
  const named = attempt.headers.find(([name]) => name === 'x-request-id')?.[1]
  if (named !== undefined && isRequestName(named) && headers['x-request-id'] !== named)
    return `${status} under the name ${headers['x-request-id']} instead of ${named}`
  if (status < 400) return attempt.isRefused === true ? `${status} instead of a refusal` : undefined
  if (attempt.method === 'HEAD' || status === 431) return undefined
  if (!/^application\/problem\+json/.test(headers['content-type'] ?? ''))
    return `${status} as ${headers['content-type']}: ${text.slice(0, 200)}`
  try {
    const document = JSON.parse(text) as Record<string, unknown>
    if (document['status'] !== status || typeof document['code'] !== 'string') return `${status} told as ${text}`
    if (document['request_id'] !== headers['x-request-id']) return `${status} under two names: ${text}`
  } catch {
    return `${status} cut off: ${text.slice(0, 200)}`
  }
  return undefined
}
