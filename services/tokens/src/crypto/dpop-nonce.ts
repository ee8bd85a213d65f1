/**
 * Nonces of the provider (RFC 9449 §8): the time they were made, sealed, so that each replica knows those of every
 * other and none is stored.
 */
import type { Envelope } from '@gatehouse/service-kit/secrets/envelope'

const purpose = 'dpop-nonce'
/** A client gets a new one with each answer; one that pauses for longer is asked to repeat its request. */
const lifetimeSeconds = 300

export const makeNonce = (envelope: Envelope, now: Date): string =>
  envelope.seal(Buffer.from(String(Math.floor(now.getTime() / 1000))), purpose)

export function isNonceGood(envelope: Envelope, nonce: string, now: Date): boolean {
  try {
    const madeAt = Number(envelope.open(nonce, purpose).toString('utf8'))
    const age = now.getTime() / 1000 - madeAt
    return age < lifetimeSeconds && age > -lifetimeSeconds
  } catch {
    return false
  }
}
