/**
 * Request lines with more than one space in a row. The parser takes them, as RFC 9112 §3 lets it, and tells nobody; a
 * proxy in front may read method and path of such a line differently. A server that meets strangers looks at the bytes
 * itself and refuses.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const spacedOut = new WeakSet<Socket>()

/** A connection that has sent such a line is not believed any more. */
export const sentSpacedLine = (socket: Socket): boolean => spacedOut.has(socket)

/** Looks at what arrives before the parser does. */
export function watchRequestLines(server: Server): void {
  server.on('connection', (socket: Socket) => {
    socket.prependListener('data', (chunk: Buffer) => {
      if (holdsSpacedLine(chunk)) spacedOut.add(socket)
    })
  })
}

const space = 0x20
const carriageReturn = 0x0d
const endOfHead = Buffer.from('\r\n\r\n')
const version = Buffer.from('HTTP/')
const versionLength = 'HTTP/1.1'.length

/** A request begins with the chunk, or after the head of the one before it. */
function holdsSpacedLine(chunk: Buffer): boolean {
  for (let at = 0; at < chunk.length;) {
    if (isSpacedLine(chunk, at)) return true
    const end = chunk.indexOf(endOfHead, at)
    if (end < 0) return false
    at = end + endOfHead.length
  }
  return false
}

/**
 * Whether a space follows the method's or stands before the version's. Looks at the first spaces and the last of the
 * line, which are few bytes.
 */
function isSpacedLine(chunk: Buffer, begin: number): boolean {
  const first = chunk[begin] ?? 0
  // No body that a route takes begins with a capital letter.
  if (first < 0x41 || first > 0x5a) return false
  let at = begin
  while (at < chunk.length && chunk[at] !== space && chunk[at] !== carriageReturn) at += 1
  const isSpacedAhead = chunk[at + 1] === space
  while (at < chunk.length && chunk[at] !== carriageReturn) at += 1
  const versionAt = at - versionLength
  if (at === chunk.length || versionAt < begin || !(isSpacedAhead || chunk[versionAt - 2] === space)) return false
  return chunk.compare(version, 0, version.length, versionAt, versionAt + version.length) === 0
}
