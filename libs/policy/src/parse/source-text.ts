/**
 * What of a condition's text is code. Comments and texts in quotes may hold any character, so whoever counts brackets
 * must not see them; the boundaries are those of the parser's grammar (CEL: `"…"`, `'…'`, `"""…"""`, `'''…'''`, each
 * also raw, and `// …` up to a line break).
 */

/** Both have the length of the source, so that every offset stays what it is. */
export type SourceText = {
  /** Comments are spaces. The parser takes one comment at a place, and none without a line break behind it. */
  readonly uncommented: string
  /** Comments and quoted texts are spaces. */
  readonly code: string
}

type Stretch = { readonly kind: 'code' | 'comment' | 'text'; readonly end: number }

export function readSourceText(source: string): SourceText {
  let uncommented = ''
  let code = ''
  for (let start = 0; start < source.length;) {
    const { kind, end } = stretchAt(source, start)
    const written = source.slice(start, end)
    uncommented += kind === 'comment' ? blank(written) : written
    code += kind === 'code' ? written : blank(written)
    start = end
  }
  return { uncommented, code }
}

const blank = (text: string): string => ' '.repeat(text.length)

/** One character of code, or a whole comment or quoted text. */
function stretchAt(source: string, start: number): Stretch {
  if (source.startsWith('//', start)) return { kind: 'comment', end: endOfLine(source, start) }
  const char = source[start]
  if (char !== '"' && char !== "'") return { kind: 'code', end: start + 1 }
  const quote = source.startsWith(char.repeat(3), start) ? char.repeat(3) : char
  return { kind: 'text', end: endOfText(source, { from: start + quote.length, quote, isRaw: isRawAt(source, start) }) }
}

const isLineBreak = (char: string | undefined): boolean => char === '\n' || char === '\r'

function endOfLine(source: string, start: number): number {
  let end = start
  while (end < source.length && !isLineBreak(source[end])) end++
  return end
}

/** A text that is not closed ends with its line, and one in three quotes with the source; the parser refuses both. */
function endOfText(
  source: string,
  { from, quote, isRaw }: { readonly from: number; readonly quote: string; readonly isRaw: boolean },
): number {
  for (let end = from; end < source.length; end++) {
    if (!isRaw && source[end] === '\\') end++
    else if (source.startsWith(quote, end)) return end + quote.length
    else if (quote.length === 1 && isLineBreak(source[end])) return end
  }
  return source.length
}

/** Whether `r` or `br` stands before the quote, as a prefix and not as the end of a name. */
function isRawAt(source: string, quoteAt: number): boolean {
  return /(?:^|\W)[bB]?[rR]$/.test(source.slice(Math.max(0, quoteAt - 3), quoteAt))
}
