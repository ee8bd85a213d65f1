/**
 * Reads a body of many JSON texts, one in each line (`application/x-ndjson`), while it arrives. Each line is read by
 * the parser of all bodies (RFC 7493) and held against its schema at once, so that of the text itself never more than
 * one line and one piece of the connection is held. What is wrong is told by line.
 */
import { createHash, type Hash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { inOneTurn } from '../concurrency/turns.ts'
import { problem, type FieldError } from '../errors/app-error.ts'
import { parseJsonBody } from './json-body.ts'
import { findFlaw } from './json-flaw.ts'
import type { Validator } from './validation.ts'

export const linesType = 'application/x-ndjson'

/** As long as a body that is one JSON text may be. */
const mostLineBytes = 64 * 1024
/** Lines with an error that are named; after them nothing more is read. */
const mostErrors = 50
const bytesPerStep = 10

export type LinesRule = { readonly validate: Validator; readonly mostItems: number; readonly mostBytes: number }

export type JsonLines = {
  readonly items: readonly unknown[]
  /** For each item the number of its line, from 1: empty lines are passed over. */
  readonly numbers: readonly number[]
  /** SHA-256 of all bytes. */
  readonly digest: Buffer
}

type Reading = {
  readonly rule: LinesRule
  readonly hash: Hash
  readonly items: unknown[]
  readonly numbers: number[]
  readonly errors: FieldError[]
  bytes: number
  line: number
  begun: Buffer[]
  begunBytes: number
}

/**
 * Of many that arrive together one piece is read in each round of the event loop.
 * @param o.key - whose body it is: keys take turns
 * @throws AppError `validation_failed` with the place of what is wrong in each line, `payload_too_large`,
 * `malformed_request` when the body breaks off, and what the signal was aborted with
 */
export async function readJsonLines(
  body: AsyncIterable<Buffer>,
  rule: LinesRule,
  { key, signal }: { key: string; signal: AbortSignal },
): Promise<JsonLines> {
  const reading = begin(rule)
  for await (const piece of unbroken(body)) {
    signal.throwIfAborted()
    const turn = { work: 'lines', key, steps: piece.length / bytesPerStep }
    await inOneTurn(() => take(reading, piece), turn)
    if (reading.errors.length >= mostErrors) break
  }
  endLine(reading)
  const { items, numbers, errors, hash } = reading
  if (errors.length > 0) throw problem('validation_failed', { errors: errors.slice(0, mostErrors) })
  if (items.length === 0)
    throw problem('validation_failed', { errors: [{ path: '/lines', message: 'must have at least one line' }] })
  return { items, numbers, digest: hash.digest() }
}

const begin = (rule: LinesRule): Reading => ({
  rule,
  hash: createHash('sha256'),
  items: [],
  numbers: [],
  errors: [],
  bytes: 0,
  line: 1,
  begun: [],
  begunBytes: 0,
})

/** A connection that broke is the client's doing, and nothing is stored of half a body. */
async function* unbroken(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (err) {
    throw problem('malformed_request', { detail: 'The body broke off.', cause: err })
  }
}

const lineFeed = 0x0a

function take(reading: Reading, piece: Buffer): void {
  const { rule, hash } = reading
  reading.bytes += piece.length
  if (reading.bytes > rule.mostBytes)
    throw problem('payload_too_large', { detail: `A call takes at most ${rule.mostBytes} bytes.` })
  hash.update(piece)
  let from = 0
  for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, from)) {
    hold(reading, piece.subarray(from, end))
    endLine(reading)
    from = end + 1
    if (reading.errors.length >= mostErrors) return
  }
  hold(reading, piece.subarray(from))
}

/** Of a line that is too long nothing is held: only its end is waited for. */
function hold(reading: Reading, part: Buffer): void {
  reading.begunBytes += part.length
  if (reading.begunBytes > mostLineBytes) reading.begun = []
  else if (part.length > 0) reading.begun.push(part)
}

function endLine(reading: Reading): void {
  const { begun, begunBytes, line } = reading
  reading.begun = []
  reading.begunBytes = 0
  reading.line += 1
  if (begunBytes > mostLineBytes)
    return void reading.errors.push({ path: `/lines/${line}`, message: `is longer than ${mostLineBytes} bytes` })
  const text = begun.length === 1 ? (begun[0] as Buffer) : Buffer.concat(begun)
  if (!isEmpty(text)) readLine(reading, text, line)
}

/** Also the line of a text whose lines end with CRLF. */
const isEmpty = (text: Buffer): boolean => text.length === 0 || (text.length === 1 && text[0] === 0x0d)

function readLine({ rule, items, numbers, errors }: Reading, text: Buffer, line: number): void {
  let value: unknown
  try {
    value = parseJsonBody(text)
  } catch {
    errors.push({ path: `/lines/${line}`, message: flawOf(text) })
    return
  }
  const validation = rule.validate(value)
  if (!validation.ok) {
    errors.push(...validation.errors.map(({ path, message }) => ({ path: `/lines/${line}${path}`, message })))
    return
  }
  if (numbers.length >= rule.mostItems)
    throw problem('payload_too_large', { detail: `A call takes at most ${rule.mostItems} lines.` })
  numbers.push(line)
  // Nothing is stored when a line is wrong, so that the others are looked at and not kept.
  if (errors.length === 0) items.push(validation.value)
}

function flawOf(text: Buffer): string {
  if (!isUtf8(text)) return 'is not valid UTF-8'
  const flaw = findFlaw(text.toString('utf8'))
  return flaw === undefined ? 'is not valid JSON' : `${flaw.what} (column ${flaw.offset + 1})`
}
