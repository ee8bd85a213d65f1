/** What bounds a condition before anything walks it: chosen so that the most hostile source is refused within milliseconds. */

export const limits = { sourceBytes: 2048, depth: 32, nodes: 200 } as const

const opening = '([{'
const closing = ')]}'

/** Offset of the bracket that nests deeper than the limit allows; text in quotes does not count. */
export function findTooDeepBracket(source: string): number | undefined {
  let depth = 0
  let quote: string | undefined
  for (let offset = 0; offset < source.length; offset++) {
    const char = source[offset]!
    if (quote !== undefined) {
      if (char === '\\') offset++
      else if (char === quote || char === '\n') quote = undefined
    } else if (char === '"' || char === "'") quote = char
    else if (opening.includes(char)) {
      if (++depth > limits.depth) return offset
    } else if (closing.includes(char)) depth--
  }
  return undefined
}
