/**
 * `Gatehouse-Revision`: the positions a write depends on, sealed. Positions tell how much happened in between, and one
 * that moves only for an address somebody holds would tell whose it is; so every value has the same length, no two are
 * alike, and only services open it.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'

/** Positions by producer. */
export type Revisions = Record<string, number>

/** Their order is the form of the plaintext: one 64-bit number each. */
const producers = ['identity', 'tokens', 'orgs', 'authz', 'workers'] as const satisfies readonly ServiceName[]
const absent = 0xffff_ffff_ffff_ffffn
const saltBytes = 12
const nonceBytes = 12
const tagBytes = 16
const sealedBytes = saltBytes + nonceBytes + producers.length * 8 + tagBytes
const form = new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((sealedBytes * 4) / 3)}}$`)

const keyFrom = (secret: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'gatehouse/revision/v1', 32))

/** Until a process is told the key all services share, nobody else reads what it seals. */
let key = keyFrom(randomBytes(32))

/** Takes the secret all services share; called once, when a service is opened. */
export function useRevisionKey(secret: Buffer): void {
  key = keyFrom(secret)
}

/**
 * A key for each message: random nonces of AES-GCM alone must not pass 2³² messages under one key (NIST SP 800-38D
 * §8.3), and a counter would say how many there were.
 */
const messageKey = (salt: Buffer): Buffer => createHmac('sha256', key).update(salt).digest()

export function encodeRevision(revisions: Iterable<readonly [string, number]>): string {
  const positions = new Map(revisions)
  const plain = Buffer.alloc(producers.length * 8)
  producers.forEach((producer, at) => {
    const position = positions.get(producer)
    plain.writeBigUInt64BE(position === undefined || position < 0 ? absent : BigInt(position), at * 8)
  })
  const random = randomBytes(saltBytes + nonceBytes)
  const [salt, nonce] = [random.subarray(0, saltBytes), random.subarray(saltBytes)]
  const cipher = createCipheriv('aes-256-gcm', messageKey(salt), nonce)
  return Buffer.concat([random, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/** The positions inside, or undefined when it is not a revision this platform gave out. */
export function decodeRevision(value: string): Revisions | undefined {
  if (!form.test(value)) return undefined
  const bytes = Buffer.from(value, 'base64url')
  const sealed = bytes.subarray(saltBytes + nonceBytes, -tagBytes)
  const nonce = bytes.subarray(saltBytes, saltBytes + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', messageKey(bytes.subarray(0, saltBytes)), nonce, {
    authTagLength: tagBytes,
  }).setAuthTag(bytes.subarray(-tagBytes))
  try {
    const plain = Buffer.concat([decipher.update(sealed), decipher.final()])
    const read = producers.map((producer, at) => [producer, plain.readBigUInt64BE(at * 8)] as const)
    return Object.fromEntries(
      read.filter(([, position]) => position !== absent).map(([producer, position]) => [producer, Number(position)]),
    )
  } catch {
    return undefined
  }
}
