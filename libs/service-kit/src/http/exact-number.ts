/**
 * Whether a JSON number says what a double says (RFC 7493 §2.2). `9007199254740993` does not: it would be decided on,
 * and stored, as …992. A decimal fraction such as `0.1` does: it is the shortest text of its double.
 */

/** @param literal - by the grammar of RFC 8259 §6 */
export function isExactNumber(literal: string): boolean {
  // A double holds any 15 digits that have no exponent.
  if (literal.length < 16 && !/[eE]/.test(literal)) return true
  const value = Number(literal)
  if (!Number.isFinite(value)) return false
  const said = decimalOf(literal)
  const held = decimalOf(String(value))
  if (said.digits === held.digits && said.exponent === held.exponent) return true
  return said.exponent >= 0 && BigInt(said.digits) * 10n ** BigInt(said.exponent) === BigInt(Math.abs(value))
}

/** The value without its sign, as digits without zeros at either end and a power of ten. */
function decimalOf(literal: string): { digits: string; exponent: number } {
  const [mantissa = '', power = '0'] = literal.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const all = (whole + fraction).replace(/^0+/, '')
  const digits = trimmedZeros(all)
  if (digits === '') return { digits: '0', exponent: 0 }
  return { digits, exponent: Number(power) - fraction.length + all.length - digits.length }
}

/** Without a pattern: `0+$` would look at every run of zeros again. */
function trimmedZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end--
  return digits.slice(0, end)
}
