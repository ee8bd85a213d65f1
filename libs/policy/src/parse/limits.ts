/**
 * What bounds a condition before anything walks it: chosen so that the most hostile source is refused within
 * milliseconds.
 */

export const limits = { sourceBytes: 2048, depth: 32, nodes: 200 } as const

export const tooDeep = `nested deeper than ${limits.depth}`
export const tooManyNodes = `more than ${limits.nodes} nodes`

const opening = '(['
const closing = ')]'

export type Excess = { readonly error: string; readonly offset: number }

/**
 * Finds what no parser needs to see to refuse: brackets nested too deep, more commas or dots than there can be nodes,
 * and the constructs whose one character gives them away. Finding nothing proves nothing: the tree is measured again
 * when it is read.
 * @param code - the source with blanks in place of comments and quoted texts, which do not count
 */
export function findExcess(code: string): Excess | undefined {
  let depth = 0
  let commas = 0
  let dots = 0
  for (let offset = 0; offset < code.length; offset++) {
    const char = code[offset]!
    if (char === '?') return { error: 'the conditional operator ?: is not supported', offset }
    if (char === '{') return { error: 'maps and messages {} are not supported', offset }
    if (char === ',' && ++commas >= limits.nodes) return { error: tooManyNodes, offset }
    if (char === '.' && ++dots > limits.nodes) return { error: tooManyNodes, offset }
    if (opening.includes(char) && ++depth > limits.depth) return { error: tooDeep, offset }
    if (closing.includes(char)) depth--
  }
  return undefined
}
