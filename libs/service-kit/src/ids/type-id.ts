/**
 * TypeIDs: a prefix that names the type and a UUIDv7 in base32. Code and wire speak TypeIDs, the database keeps the UUID.
 * The prefix is checked on every conversion, so an identifier of one type can never be read as another.
 */
import { typeIdSuffix } from '@gatehouse/contracts/common/ids'
import { TypeID, typeid } from 'typeid-js'

const suffixPattern = new RegExp(`^${typeIdSuffix}$`)

/** A new identifier, ordered by creation time. Never use one as a secret: its time is readable. */
export const newId = (prefix: string): string => typeid(prefix).toString()

/** Whether `value` has exactly this prefix and holds a UUID (RFC 9562). Accepts anything, throws nothing. */
export function isTypeId(prefix: string, value: unknown): value is string {
  if (typeof value !== 'string') return false
  const cut = value.lastIndexOf('_')
  return cut > 0 && value.slice(0, cut) === prefix && suffixPattern.test(value.slice(cut + 1))
}

/**
 * The UUID inside a TypeID; with `prefix` given, only of that type.
 * @throws TypeError when it is not a well-formed TypeID: callers check what comes from outside with `isTypeId` or a contract first.
 */
export function uuidOf(id: string, prefix?: string): string {
  const cut = id.lastIndexOf('_')
  if (!isTypeId(prefix ?? id.slice(0, cut), id)) throw new TypeError(`Not a ${prefix ?? 'type'} identifier`)
  return TypeID.fromString(id).toUUID()
}

/** The TypeID of a UUID read by raw SQL. */
export const typeIdOf = (prefix: string, uuid: string): string => TypeID.fromUUID(prefix, uuid).toString()
