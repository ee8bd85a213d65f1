/**
 * Three-valued logic (Kleene's strong one, as SQL has it): true, false, and `undefined` for unknown.
 * A missing attribute makes whatever reads it unknown; only `has()` turns that into an answer.
 */
export type Truth = boolean | undefined

/**
 * Text order by code point: what UTF-8 bytes, and so PostgreSQL's "C" collation, give. UTF-16 order differs above
 * U+FFFF.
 */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    let a = left.charCodeAt(index)
    let b = right.charCodeAt(index)
    if (a === b) continue
    // Surrogates (U+D800..DFFF) stand for code points above everything else in the basic plane.
    if (a >= 0xd800 && b >= 0xd800) {
      a = a >= 0xe000 ? a - 0x800 : a + 0x2000
      b = b >= 0xe000 ? b - 0x800 : b + 0x2000
    }
    return a - b
  }
  return left.length - right.length
}

/** Length of a text in code points. */
export function textLength(text: string): number {
  let length = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0xd800 && code < 0xdc00 && index + 1 < text.length) {
      const next = text.charCodeAt(index + 1)
      if (next >= 0xdc00 && next < 0xe000) index++
    }
    length++
  }
  return length
}
