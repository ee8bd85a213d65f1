/** Values of attributes as people and applications write them: in JSON, where a timestamp is text. */
import { valueOfType } from '@gatehouse/policy/compile/attributes'
import type { AttributeType } from '@gatehouse/policy/ir/condition'

/** What a value of the type looks like, as the end of a sentence that begins with its place. */
export const mustBe: { readonly [T in AttributeType]: string } = {
  string: 'must be a string',
  number: 'must be a number',
  boolean: 'must be a boolean: true or false',
  timestamp: 'must be a timestamp: RFC 3339 text such as "2026-01-31T09:00:00Z"',
  string_list: 'must be a string_list: an array of strings',
}

type Named = { readonly name: string; readonly type: AttributeType }

/** Inside the engine an instant is a number, which nobody writes. */
export const isWritten = (type: AttributeType, value: unknown): boolean =>
  valueOfType(type, value) !== undefined && !(type === 'timestamp' && typeof value === 'number')

/** OpenID Connect says when somebody signed in as seconds since the epoch, so `auth_time` may be a number too. */
export const numericDate = ({ name, type }: Named, value: unknown): unknown =>
  typeof value === 'number' && name === 'auth_time' && type === 'timestamp' && isInstantSeconds(value)
    ? new Date(value * 1000).toISOString()
    : value
const isInstantSeconds = (seconds: number): boolean => seconds >= 0 && seconds < 253_402_300_800
