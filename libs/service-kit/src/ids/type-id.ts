/**
 * TypeIDs: a prefix that names the type and a UUIDv7 in base32. Code and wire speak TypeIDs, the database keeps the
 * UUID. The prefix is checked on every conversion, so an identifier of one type can never be read as another.
 */
import { typeIdSuffix } from '@gatehouse/contracts/common/ids'
import { TypeID, typeid } from 'typeid-js'
import { systemClock } from '../context/clock.ts'
import { chance32 } from './chance.ts'

const suffixPattern = new RegExp(`^${typeIdSuffix}$`)

/** Crockford's base32 in lower case, as TypeID writes it; two digits at once. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const twoDigits = Array.from({ length: 1024 }, (_, at) => `${digits[at >> 5]}${digits[at & 31]}`)
const two = (bits: number): string => twoDigits[bits & 1023] as string
const four = (bits: number): string => two(bits >>> 10) + two(bits)

/** Prefixes that the library has found well-formed. They are words of the code, so there are few. */
const goodPrefixes = new Set<string>()

/**
 * The time of the last id with its digits, and the 32-bit counter that orders the ids of one millisecond (RFC 9562
 * §6.2, method 1).
 */
const last = { ms: -1, text: '', count: 0 }

function tick(): void {
  const ms = systemClock.now().getTime()
  if (ms > last.ms) begin(ms)
  else if (last.count < 0xffff_ffff) last.count += 1
  else begin(last.ms + 1)
}

function begin(ms: number): void {
  const [high, low] = [Math.floor(ms / 2 ** 20), ms % 2 ** 20]
  last.ms = ms
  last.text = two(high >>> 20) + four(high) + four(low)
  // Its half, so that ids of the same millisecond do not soon use it up.
  last.count = chance32() >>> 1
}

/**
 * A new identifier, ordered by creation time: in one process each is greater than those before. Never use one as a
 * secret: its time is readable. Every request has one, so it is written here and not by the library, which takes twenty
 * times as long.
 */
export function newId(prefix: string): string {
  if (!goodPrefixes.has(prefix)) {
    if (prefix === '') throw new TypeError('An identifier names its type')
    typeid(prefix)
    goodPrefixes.add(prefix)
  }
  tick()
  const { text, count } = last
  const [some, others] = [chance32(), chance32()]
  // Forty bits (RFC 9562 §5.7): version 7, twelve bits of the counter, variant 10, its other twenty, two of chance.
  const ahead = (0b0111 << 16) | ((count >>> 20) << 4) | (0b10 << 2) | ((count >>> 18) & 0b11)
  const behind = ((count & 0x3_ffff) << 2) | (some & 0b11)
  return `${prefix}_${text}${four(ahead)}${four(behind)}${four(some >>> 12)}${four(others >>> 12)}`
}

/** Whether `value` has exactly this prefix and holds a UUID (RFC 9562). Accepts anything, throws nothing. */
export function isTypeId(prefix: string, value: unknown): value is string {
  if (typeof value !== 'string') return false
  const cut = value.lastIndexOf('_')
  return cut > 0 && value.slice(0, cut) === prefix && suffixPattern.test(value.slice(cut + 1))
}

/**
 * The UUID inside a TypeID; with `prefix` given, only of that type.
 * @throws TypeError when it is not a well-formed TypeID: callers check what comes from outside with `isTypeId` or a
 *   contract first.
 */
export function uuidOf(id: string, prefix?: string): string {
  const cut = id.lastIndexOf('_')
  if (!isTypeId(prefix ?? id.slice(0, cut), id)) throw new TypeError(`Not a ${prefix ?? 'type'} identifier`)
  return TypeID.fromString(id).toUUID()
}

/** The TypeID of a UUID read by raw SQL. */
export const typeIdOf = (prefix: string, uuid: string): string => TypeID.fromUUID(prefix, uuid).toString()
