/**
 * Reads JSON bodies: valid UTF-8, bounded nesting, no prototype keys, no text a database cannot store.
 * Whatever fails here is 400 `malformed_request`, before any schema is asked.
 */
import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { problem } from '../errors/app-error.ts'
import { isStorableText } from './storable-text.ts'

/** Deeper than any contract; recursion over what passed is safe. */
export const maxDepth = 32

/** Parsing text of this many bytes is quick however it is nested; more is looked at before. */
const quickBytes = 64 * 1024

/** Nesting of the JSON text without parsing it: brackets outside of strings. */
function textExceedsDepth(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (inString) {
      if (char === 0x5c) at++
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > maxDepth) return true
    } else if (char === 0x7d || char === 0x5d) depth--
  }
  return false
}

const tooDeep = 'The body is nested too deeply.'
const forbiddenKey = 'The body holds a forbidden key.'

/** One walk over everything: JSON.parse makes `__proto__` an own property, so looking at the keys finds it. */
function complaintAbout(value: unknown, left = maxDepth): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (left === 0) return tooDeep
  if (Array.isArray(value)) return firstComplaint(value, left)
  for (const name in value) {
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') return forbiddenKey
    const complaint = complaintAbout((value as Record<string, unknown>)[name], left - 1)
    if (complaint !== undefined) return complaint
  }
  return undefined
}

function firstComplaint(items: readonly unknown[], left: number): string | undefined {
  for (const item of items) {
    const complaint = complaintAbout(item, left - 1)
    if (complaint !== undefined) return complaint
  }
  return undefined
}

function holdsUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') return !isStorableText(value)
  if (Array.isArray(value)) return value.some(holdsUnstorableText)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => !isStorableText(name) || holdsUnstorableText(member))
}

/** @throws AppError `malformed_request` */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const refuse = (detail: string, cause?: unknown) => problem('malformed_request', { detail, cause })
  if (!isUtf8(bytes)) throw refuse('The body is not valid UTF-8.')
  const text = bytes.toString('utf8')
  if (bytes.length > quickBytes && textExceedsDepth(text)) throw refuse(tooDeep)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('The body is not valid JSON.')
  }
  const complaint = complaintAbout(value)
  if (complaint !== undefined) throw refuse(complaint)
  if (text.includes('\\u') && holdsUnstorableText(value)) throw refuse('The body holds text that cannot be stored.')
  return value
}

/** Makes this the only body parser: every other media type is 415. */
export function installJsonParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body))
    } catch (err) {
      done(err as Error)
    }
  })
}
