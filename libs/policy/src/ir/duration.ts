/**
 * Lengths of time as CEL writes them (`"1h30m"`, `"-90s"`, `"1.001s"`, `"1000us"`), in whole milliseconds: instants
 * have no finer parts. The arithmetic is exact, because a double makes 1000.9999999999999 of 1.001 seconds.
 */

const amount = String.raw`(?:\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})`
const shape = new RegExp(`^[+-]?(?:0|(?:${amount}(?:h|m|s|ms|us|µs|μs|ns))+)$`)
const part = /(\d*)(?:\.(\d*))?(h|ms|m|s|us|µs|μs|ns)/g
const unitNs: { readonly [unit: string]: bigint } = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ns: 1n,
}
const nsPerMs = 1_000_000n
/** Amounts are counted in billionths of their unit: nine decimals are the most there are. */
const decimals = 9
const scale = 10n ** BigInt(decimals)

/** A hundred years. Beyond it an interval and a double might round differently. */
const longestMs = 36_525 * 24 * 3_600_000

/**
 * Milliseconds, or undefined when the text is no duration, is longer than a hundred years or has parts below a
 * millisecond.
 */
export function durationMs(text: string): number | undefined {
  if (!shape.test(text)) return undefined
  let scaledNs = 0n
  for (const [, whole, fraction = '', unit] of text.matchAll(part))
    scaledNs += BigInt(`${whole}${fraction.padEnd(decimals, '0')}`) * unitNs[unit!]!
  if (scaledNs % (nsPerMs * scale) !== 0n) return undefined
  const ms = Number(scaledNs / (nsPerMs * scale))
  if (ms > longestMs) return undefined
  return text.startsWith('-') && ms !== 0 ? -ms : ms
}
