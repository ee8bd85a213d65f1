/**
 * ES256 signatures (RFC 7518 §3.4) in the one spelling that is taken. For each signature (r, s) the pair (r, n - s)
 * verifies as well, and the last character of its base64url carries four bits that mean nothing: without this file one
 * token would have 32 spellings, and whatever counts or recalls tokens by their text could be made to see many.
 */
import { sign, type KeyObject } from 'node:crypto'

/** The order of P-256 (FIPS 186-5), and half of it. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const halfOrder = bytesOf(order / 2n)

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
}

const isLow = (s: Buffer): boolean => s.compare(halfOrder) <= 0

/** The signature of `input` as base64url, with the lower one of the two values of s. */
export function signEs256(input: string, key: KeyObject): string {
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  const s = signature.subarray(32)
  if (!isLow(s)) bytesOf(order - BigInt(`0x${s.toString('hex')}`)).copy(s)
  return signature.toString('base64url')
}

/** Six bits of each character; of those that stand for no whole byte the last one carries two or four. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const meaningless: Readonly<Record<number, number>> = { 2: 0b1111, 3: 0b11 }

/**
 * Whether text of that alphabet is what an encoder writes (RFC 4648 §3.5): the bits of its last character that stand
 * for nothing are zero. It tells so without decoding anything.
 */
export function isCanonicalBase64url(text: string): boolean {
  const remainder = text.length % 4
  if (remainder === 0) return true
  const bits = meaningless[remainder]
  return bits !== undefined && (alphabet.indexOf(text.at(-1) as string) & bits) === 0
}

/**
 * Whether the text is 64 bytes in canonical base64url (RFC 4648 §3.5) whose s is the lower one. Whether it verifies is
 * another question.
 */
export function isCanonicalSignature(text: string): boolean {
  if (text.length !== 86 || !isCanonicalBase64url(text)) return false
  return isLow(Buffer.from(text, 'base64url').subarray(32))
}
