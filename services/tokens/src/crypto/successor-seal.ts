/**
 * The one copy of a refresh token we keep, so that a repeat within the grace gets the identical successor: AES-256-GCM
 * under a key derived (HKDF-SHA-256) from the presented token itself. We hold only that token's hash, so we cannot open
 * it; its owner can.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const nonceBytes = 12
const tagBytes = 16
const info = 'gatehouse/tokens/refresh-successor/v1'

const keyFrom = (presented: string, tokenId: string): Buffer =>
  Buffer.from(hkdfSync('sha256', presented, tokenId, info, 32))

/** `tokenId` is the presented token's; nonce, tag and ciphertext come back as one. */
export function sealSuccessor(o: { presented: string; tokenId: string; successor: string }): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', keyFrom(o.presented, o.tokenId), nonce)
  const text = Buffer.concat([cipher.update(o.successor, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** @throws Error when `presented` is not the token it was sealed under, or a bit was changed. */
export function openSuccessor(o: { presented: string; tokenId: string; sealed: Buffer }): string {
  const nonce = o.sealed.subarray(0, nonceBytes)
  const tag = o.sealed.subarray(nonceBytes, nonceBytes + tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(o.presented, o.tokenId), nonce, {
    authTagLength: tagBytes,
  }).setAuthTag(tag)
  return Buffer.concat([decipher.update(o.sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8')
}
