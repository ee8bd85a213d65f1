/**
 * New key pairs. Every pair of the platform is made here, because Node 20 may stop for ever where a key that
 * `generateKeyPair` handed out is exported as a JWK: the export holds the key's lock, and a collection of garbage
 * within it ends the job that made the key, which waits for the same lock. A key that is read from bytes has no such
 * job.
 */
import {
  createPrivateKey,
  createPublicKey,
  type ECKeyPairOptions,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  type RSAKeyPairOptions,
} from 'node:crypto'
import { promisify } from 'node:util'

export type KeyPair = { privateKey: KeyObject; publicKey: KeyObject }

const asBytes = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const

function pairOf(pkcs8: Buffer): KeyPair {
  const privateKey = createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

export function newEcKeyPair(namedCurve = 'P-256'): KeyPair {
  const options: ECKeyPairOptions<'der', 'der'> = { namedCurve, ...asBytes }
  return pairOf(generateKeyPairSync('ec', options).privateKey)
}

const generateInAnotherThread = promisify(generateKeyPair)

/** Takes another thread: an RSA key takes longer than an event loop may be held. */
export async function newRsaKeyPair(modulusLength: number): Promise<KeyPair> {
  const options: RSAKeyPairOptions<'der', 'der'> = { modulusLength, ...asBytes }
  return pairOf((await generateInAnotherThread('rsa', options)).privateKey)
}
