/**
 * Reads JSON bodies as I-JSON (RFC 7493): valid UTF-8, bounded nesting, no member twice, no number that a double would
 * alter, no key that reaches a prototype, no text a database cannot store. Whatever fails here is 400
 * `malformed_request` with its place, before any schema is asked. A body that is plainly fine costs one parse and one
 * walk; only what the walk cannot vouch for is read a second time, character by character.
 */
import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parse } from 'secure-json-parse'
import { inOneTurn } from '../concurrency/turns.ts'
import { problem, type AppError } from '../errors/app-error.ts'
import { findFlaw, maxDepth, type Flaw } from './json-flaw.ts'

/** Parsing text of this many bytes is quick however it is nested; more is looked at before. */
const quickBytes = 64 * 1024
const bytesPerStep = 10

type Counted = { members: number; isTooDeep: boolean; hasListedNumbers: boolean; hasDoubtfulName: boolean }

/** Names by which a careless reader reaches a prototype; where they stand decides whether they are refused. */
const isDoubtful = (name: string): boolean => name === '__proto__' || name === 'constructor'

function count(value: object, left: number, counted: Counted): void {
  if (left === 0) return void (counted.isTooDeep = true)
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) {
      if (typeof item === 'object' && item !== null) count(item, left - 1, counted)
      else if (typeof item === 'number') counted.hasListedNumbers = true
    }
    return
  }
  for (const name in value) {
    counted.members++
    if (isDoubtful(name)) counted.hasDoubtfulName = true
    const member = (value as Record<string, unknown>)[name]
    if (typeof member === 'object' && member !== null) count(member, left - 1, counted)
  }
}

/** A number of 16 characters or with an exponent, in a place where a number may stand. */
const longNumber = /(?:^|[[:,])\s*-?(?:[0-9.]{16}|[0-9][0-9.]*[eE])/

/** Whether the number that begins at `at`, if one does, is short enough for any double to hold. */
function isShortNumber(text: string, at: number): boolean {
  const end = at + 16
  for (let here = at; here < end; here++) {
    const code = text.charCodeAt(here)
    if ((code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2d) continue
    // After a space anything may follow; `e` and `E` make a number larger than it looks.
    return code !== 0x65 && code !== 0x45 && code !== 0x20 && (code < 0x09 || code > 0x0d)
  }
  return false
}

/**
 * The members of a text whose numbers are all short, if no colon stands within one of its texts; otherwise another
 * number.
 */
function countPlainMembers(text: string): number {
  let members = 0
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    if (!isShortNumber(text, text.charCodeAt(at + 1) === 0x20 ? at + 2 : at + 1)) return NaN
    members++
  }
  return members
}

/** The colons outside of texts: the members of any JSON. */
function countMembers(text: string): number {
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x3a) members++
    else if (code === 0x22) at = closingQuote(text, at)
  }
  return members
}

function closingQuote(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return text.length
}

/**
 * Whether the parsed value proves that its text is I-JSON. Each member has a colon in the text, so as many members as
 * colons means that none was lost to a second one of its name. Only when that look fails, as for a colon within a text,
 * are the texts skipped and the numbers looked at one by one.
 */
function isPlainlyFine(value: unknown, text: string): boolean {
  if (typeof value !== 'object' || value === null || text.includes('\\u')) return false
  const counted: Counted = { members: 0, isTooDeep: false, hasListedNumbers: false, hasDoubtfulName: false }
  count(value, maxDepth, counted)
  if (counted.isTooDeep || counted.hasDoubtfulName) return false
  if (!counted.hasListedNumbers && counted.members === countPlainMembers(text)) return true
  return counted.members === countMembers(text) && !longNumber.test(text)
}

/** What a decoder writes for bytes that are no UTF-8; as a character of a valid text it is rare. */
const replacement = '\ufffd'

/** @throws AppError `malformed_request` */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const text = bytes.toString('utf8')
  if (text.includes(replacement) && !isUtf8(bytes))
    throw problem('malformed_request', { detail: 'The body is not valid UTF-8.' })
  // The library would pass over a byte order mark; RFC 8259 §8.1 forbids to send one.
  if (bytes.length > quickBytes || text.charCodeAt(0) === 0xfeff) {
    requireNoFlaw(text)
    return parseBy(parse, text)
  }
  const value = parseBy(JSON.parse, text)
  if (!isPlainlyFine(value, text)) {
    requireNoFlaw(text)
    // The library's patterns cost more than the parsing, so they are asked only about what is in doubt.
    parseBy(parse, text)
  }
  return value
}

function parseBy(read: (text: string) => unknown, text: string): unknown {
  try {
    return read(text)
  } catch {
    throw refusalOf(text, findFlaw(text))
  }
}

function requireNoFlaw(text: string): void {
  const flaw = findFlaw(text)
  if (flaw !== undefined) throw refusalOf(text, flaw)
}

function refusalOf(text: string, flaw: Flaw | undefined): AppError {
  if (flaw === undefined) return problem('malformed_request', { detail: 'The body is not valid JSON.' })
  const before = text.slice(0, flaw.offset)
  const line = before.split('\n').length
  const column = flaw.offset - (before.lastIndexOf('\n') + 1) + 1
  return problem('malformed_request', { detail: `The body ${flaw.what} (line ${line}, column ${column}).` })
}

const longBodyKey: unique symbol = Symbol('long body')

declare module 'fastify' {
  interface FastifyRequest {
    [longBodyKey]?: true
  }
}

/**
 * Whether the body was so long that it was read in a turn of its own; whoever goes through it as a whole takes another.
 */
export const hasLongBody = (request: FastifyRequest): boolean => request[longBodyKey] === true

/**
 * Makes this the only body parser: every other media type is 415. Of many long bodies that arrive together one is read
 * in each round.
 */
export function installJsonParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length > quickBytes) {
      request[longBodyKey] = true
      const turn = { work: 'body', key: 'body', steps: body.length / bytesPerStep }
      inOneTurn(() => parseJsonBody(body), turn).then((value) => done(null, value), done)
      return
    }
    try {
      done(null, parseJsonBody(body))
    } catch (err) {
      done(err as Error)
    }
  })
}
