/**
 * Finds what makes a text no I-JSON (RFC 7493), and where: a syntax error, a member twice, a number no double holds,
 * text that cannot be stored, a key that reaches a prototype, nesting without end. It reads the text once and without
 * recursion, and it makes no values; `json-body.ts` asks only when the quick look at the parsed value was not enough.
 */
import { isExactNumber } from './exact-number.ts'
import { isStorableText } from './storable-text.ts'

/** Deeper than any contract; recursion over what passed is safe. */
export const maxDepth = 32

/** `offset` counts UTF-16 code units from 0. */
export type Flaw = { readonly what: string; readonly offset: number }

const whats = {
  syntax: 'is not valid JSON',
  repeated: 'repeats a member',
  number: 'holds a number that a double cannot hold exactly',
  text: 'holds text that cannot be stored',
  key: 'holds a forbidden key',
  depth: 'is nested too deeply',
} as const

class Flawed extends Error {
  readonly flaw: Flaw
  constructor(what: keyof typeof whats, offset: number) {
    super(what)
    this.flaw = { what: whats[what], offset }
  }
}

export function findFlaw(text: string): Flaw | undefined {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    scan(text)
    return undefined
  } catch (err) {
    if (err instanceof Flawed) return err.flaw
    throw err
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** An open object with the names it has so far, or an open array; `key` is the name whose value is being read. */
type Frame = { readonly names: Set<string> | undefined; key: string }

const spaces = /[ \t\n\r]*/y
const numbers = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const words = /true|false|null/y

/** @returns the index behind the match at `at`, or `at` */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

function scan(text: string): void {
  const frames: Frame[] = []
  let at = matchEnd(spaces, text, 0)
  for (;;) {
    const before = frames.length
    at = matchEnd(spaces, text, readValue(text, at, frames))
    // A non-empty object or array has opened: its first value is next.
    if (frames.length > before) continue
    at = closeAll(text, at, frames)
    if (frames.length === 0) break
    if (text[at] !== ',') throw new Flawed('syntax', at)
    at = beginMember(text, matchEnd(spaces, text, at + 1), frames)
  }
  if (at < text.length) throw new Flawed('syntax', at)
}

/**
 * Reads a scalar or an empty container whole; of any other container only its opening, and the name of its first
 * member.
 */
function readValue(text: string, at: number, frames: Frame[]): number {
  const first = text[at]
  if (first === '"') return readText(text, at)
  if (first === '{' || first === '[') {
    if (frames.length === maxDepth) throw new Flawed('depth', at)
    const isObject = first === '{'
    const inside = matchEnd(spaces, text, at + 1)
    if (text[inside] === (isObject ? '}' : ']')) return inside + 1
    frames.push({ names: isObject ? new Set() : undefined, key: '' })
    return beginMember(text, inside, frames)
  }
  const wordEnd = matchEnd(words, text, at)
  if (wordEnd > at) return wordEnd
  const end = matchEnd(numbers, text, at)
  if (end === at) throw new Flawed('syntax', at)
  if (!isExactNumber(text.slice(at, end))) throw new Flawed('number', at)
  return end
}

function closeAll(text: string, from: number, frames: Frame[]): number {
  let at = from
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (text[at] !== (frame.names ? '}' : ']')) return at
    frames.pop()
    at = matchEnd(spaces, text, at + 1)
  }
  return at
}

/** In an object: the name and its colon. In an array there is nothing before a value. */
function beginMember(text: string, at: number, frames: Frame[]): number {
  const frame = frames.at(-1) as Frame
  if (frame.names === undefined) return at
  if (text[at] !== '"') throw new Flawed('syntax', at)
  const end = readText(text, at)
  const name = JSON.parse(text.slice(at, end)) as string
  if (frame.names.has(name)) throw new Flawed('repeated', at)
  const parent = frames.at(-2)
  if (name === '__proto__' || (name === 'prototype' && parent?.names !== undefined && parent.key === 'constructor'))
    throw new Flawed('key', at)
  frame.names.add(name)
  frame.key = name
  const colon = matchEnd(spaces, text, end)
  if (text[colon] !== ':') throw new Flawed('syntax', colon)
  return matchEnd(spaces, text, colon + 1)
}

const escapes = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y

/** @returns the index behind the closing quote */
function readText(text: string, begin: number): number {
  let isEscaped = false
  for (let at = begin + 1; at < text.length;) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      if (isEscaped && !isStorableText(JSON.parse(text.slice(begin, at + 1)) as string)) throw new Flawed('text', begin)
      return at + 1
    }
    if (code < 0x20) throw new Flawed('syntax', at)
    if (code !== 0x5c) {
      at++
      continue
    }
    isEscaped = true
    const end = matchEnd(escapes, text, at + 1)
    if (end === at + 1) throw new Flawed('syntax', at)
    at = end
  }
  throw new Flawed('syntax', text.length)
}
