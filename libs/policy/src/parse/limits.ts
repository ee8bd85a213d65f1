/** What bounds a condition before anything walks it: chosen so that the most hostile source is refused within milliseconds. */

export const limits = { sourceBytes: 2048, depth: 32, nodes: 200 } as const

export const tooDeep = `nested deeper than ${limits.depth}`
export const tooManyNodes = `more than ${limits.nodes} nodes`

const opening = '(['
const closing = ')]'

export type Excess = { readonly error: string; readonly offset: number }

/**
 * Finds what no parser needs to see to refuse: brackets nested too deep, more commas or dots than there can be nodes, and the constructs
 * whose one character gives them away. Text in quotes does not count. Finding nothing proves nothing: the tree is measured again when it is read.
 */
export function findExcess(source: string): Excess | undefined {
  let depth = 0
  let commas = 0
  let dots = 0
  let quote: string | undefined
  for (let offset = 0; offset < source.length; offset++) {
    const char = source[offset]!
    if (quote !== undefined) {
      if (char === '\\') offset++
      else if (char === quote || char === '\n') quote = undefined
    } else if (char === '"' || char === "'") quote = char
    else if (char === '?') return { error: 'the conditional operator ?: is not supported', offset }
    else if (char === '{') return { error: 'maps and messages {} are not supported', offset }
    else if (char === ',' && ++commas >= limits.nodes) return { error: tooManyNodes, offset }
    else if (char === '.' && ++dots > limits.nodes) return { error: tooManyNodes, offset }
    else if (opening.includes(char) && ++depth > limits.depth) return { error: tooDeep, offset }
    else if (closing.includes(char)) depth--
  }
  return undefined
}
