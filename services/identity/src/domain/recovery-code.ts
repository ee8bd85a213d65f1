/**
 * Recovery codes as text: 16 characters of Crockford's base32 (80 bits), in groups of four so that people can copy
 * them.
 */

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const length = 16

/** How many one set has. */
export const recoveryCodeCount = 10
export const recoveryCodeBytes = 10

/** The code of 10 random bytes, as it is shown. */
export function recoveryCodeOf(bytes: Uint8Array): string {
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  const characters = Array.from({ length }, (_, at) => alphabet[Number((bits >> BigInt(5 * (length - 1 - at))) & 31n)])
  return characters.join('').replace(/.{4}(?=.)/g, '$&-')
}

/**
 * The one form that is hashed; undefined for what cannot be a code. Letters that look like digits are read as those
 * (Crockford).
 */
export function normalizeRecoveryCode(typed: string): string | undefined {
  const text = typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1')
  return text.length === length && [...text].every((character) => alphabet.includes(character)) ? text : undefined
}
