/**
 * What changed between two values, by JSON pointer (RFC 6901). Lists count as one value; the order of members does not
 * count.
 */
import type { Change } from '@gatehouse/contracts/http/authz/policy-lifecycle'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** In the order of their paths. An absent member has no `before`, or no `after`. */
export function changesBetween(before: unknown, after: unknown, path = ''): Change[] {
  if (!isObject(before) || !isObject(after))
    return isEqual(before, after)
      ? []
      : [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name) => changesBetween(own(before, name), own(after, name), `${path}/${escaped(name)}`))
}

const own = (value: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined

function isEqual(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index]))
  if (isObject(left) && isObject(right)) return changesBetween(left, right).length === 0
  return left === right
}
