/**
 * Secrets at rest: AES-256-GCM under a key-encryption key. A ciphertext names the key it needs, so keys can be rotated
 * while old ciphertexts are read; the purpose is authenticated with it, so a ciphertext copied into another place does
 * not open there.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

export type Envelope = {
  /** `v1.<key id>.<nonce>.<ciphertext and tag>`; `purpose` names what it is and whose. */
  seal(plaintext: Buffer, purpose: string): string
  /** @throws Error when the key is unknown, the purpose differs, or a bit was changed. */
  open(sealed: string, purpose: string): Buffer
  /** The id of the key new ciphertexts use. */
  readonly keyId: string
}

/** First 16 characters of the key's hash: names it without telling it. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('gatehouse-kek').update(key).digest('base64url').slice(0, 16)

/** @param options.keys - 32 bytes each; the first seals, all open */
export function createEnvelope(options: { keys: readonly Buffer[] }): Envelope {
  const [current] = options.keys
  if (current === undefined || options.keys.some((key) => key.length !== 32))
    throw new Error('A key-encryption key has 32 bytes')
  const keys = new Map(options.keys.map((key) => [idOf(key), key]))
  const keyId = idOf(current)

  return {
    keyId,
    seal(plaintext, purpose) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current, nonce).setAAD(Buffer.from(purpose))
      const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
      return `v1.${keyId}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`
    },
    open(sealed, purpose) {
      const [version, id, nonce, data] = sealed.split('.')
      const key = keys.get(id ?? '')
      if (version !== 'v1' || nonce === undefined || data === undefined) throw new Error('Not an envelope')
      if (key === undefined) throw new Error(`No key-encryption key with id ${id}`)
      const bytes = Buffer.from(data, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-16))
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
    },
  }
}

/** A key from its configured form: base64url (or base64) of 32 bytes. */
export function parseKey(text: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64url')
  if (key.length !== 32) throw new Error('A key-encryption key is base64url of 32 bytes')
  return key
}
