/**
 * Opaque secrets people and machines carry (`gthr_…`, `gthv_…`): 32 random bytes and a checksum, stored only as
 * SHA-256. The checksum lets a mistyped or invented secret be refused without asking the database; it proves nothing.
 */
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

export type MintedSecret = {
  /** Shown once, to its owner. */
  secret: string
  /** What is stored. */
  hash: Buffer
}

const randomLength = 43
const checksumLength = 6

/** CRC-32 as 6 base64url characters. */
function checksumOf(text: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(text))
  return bytes.toString('base64url')
}

/** `gthr` and `gthr_` mean the same. */
const opening = (prefix: string): string => (prefix.endsWith('_') ? prefix : `${prefix}_`)

/** @param prefix - names the kind, as in `gthr_` */
export function mintSecret(prefix: string): MintedSecret {
  const body = opening(prefix) + randomBytes(32).toString('base64url')
  const secret = body + checksumOf(body)
  return { secret, hash: hashSecret(secret) }
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Whether it could be a secret of this kind at all. */
export function isWellFormed(prefix: string, secret: string): boolean {
  const start = opening(prefix)
  if (!secret.startsWith(start) || secret.length !== start.length + randomLength + checksumLength) return false
  const body = secret.slice(0, -checksumLength)
  return checksumOf(body) === secret.slice(-checksumLength)
}
