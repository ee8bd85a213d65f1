/**
 * Answers what the HTTP parser itself refused: there is no request, only a socket. What came before on the same
 * connection is answered first, and a connection that never asked for anything is closed without a word.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ProblemCode } from '@gatehouse/contracts/problems/registry'
import { problem } from '../errors/app-error.ts'
import { problemDocument } from '../errors/problem-handler.ts'
import { newId } from '../ids/type-id.ts'

type Unreadable = Error & { code?: string; reason?: string }
type AnsweringSocket = Socket & { _httpMessage?: ServerResponse<IncomingMessage> | null }

/** RFC 9110 §15.6.2: a coding the server does not know is 501. A body with two lengths is merely malformed. */
const isUnknownCoding = ({ code, reason }: Unreadable): boolean =>
  code === 'HPE_INVALID_TRANSFER_ENCODING' && !/content-length/i.test(reason ?? '')

function codeOf(err: Unreadable): ProblemCode {
  if (err.code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large'
  if (err.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout'
  return isUnknownCoding(err) ? 'transfer_coding_unknown' : 'malformed_request'
}

/** The answer to the request before, which may be waited for, as that request is whole. */
function pendingAnswer(socket: AnsweringSocket): ServerResponse | undefined {
  const pending = socket._httpMessage ?? undefined
  return pending?.req.complete === true ? pending : undefined
}

export function refuseUnreadable(err: Unreadable, socket: AnsweringSocket): void {
  if (err.code === 'ECONNRESET' || !socket.writable || socket.destroyed) return void socket.destroy()
  const isIdle = err.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0
  if (isIdle) return void socket.destroy()
  const before = pendingAnswer(socket)
  if (before !== undefined) {
    // Node puts the answer to the next request on the socket as soon as this one is out.
    before.once('close', () => setImmediate(() => refuseUnreadable(err, socket)))
    return
  }
  // Part of the answer to this very request is out: another one would be read as its body.
  if (socket._httpMessage?.headersSent === true) return void socket.destroy()
  refuse(socket, codeOf(err))
}

const phrases = new Map([
  [400, 'Bad Request'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [431, 'Request Header Fields Too Large'],
  [501, 'Not Implemented'],
])

function refuse(socket: Socket, code: ProblemCode, more: readonly string[] = []): void {
  const requestId = newId('req')
  const document = problemDocument(problem(code), requestId)
  const body = JSON.stringify(document)
  const lines = [
    `HTTP/1.1 ${document.status} ${phrases.get(document.status) ?? ''}`,
    `date: ${new Date().toUTCString()}`,
    `x-request-id: ${requestId}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    "content-security-policy: default-src 'none'; frame-ancestors 'none'",
    'referrer-policy: no-referrer',
    ...more,
    'connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/**
 * CONNECT asks for a tunnel, which no path here is; an expectation that is not known is no reason to refuse (RFC 9110
 * §10.1.1).
 */
export function answerRareRequests(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    refuse(socket, 'method_not_allowed', ['allow: '])
  })
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response),
  )
}
