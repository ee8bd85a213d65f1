/** Lengths of time as CEL writes them (`"1h30m"`, `"-90s"`, `"250ms"`), in whole milliseconds: instants have no finer parts. */

const shape = /^-?(\d{1,12}(\.\d{1,9})?(h|m|s|ms))+$/
const part = /(\d+(?:\.\d+)?)(h|ms|m|s)/g
const unitMs: { readonly [unit: string]: number } = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** A hundred years. Beyond it an interval and a double might round differently. */
const longestMs = 36_525 * 24 * 3_600_000

/** Milliseconds, or undefined when the text is no duration, is longer than a hundred years or has parts below a millisecond. */
export function durationMs(text: string): number | undefined {
  if (!shape.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(part)) ms += Number(amount) * unitMs[unit!]!
  if (!Number.isInteger(ms) || ms > longestMs) return undefined
  return text.startsWith('-') && ms !== 0 ? -ms : ms
}
