/**
 * Known devices of an account. A token carries no right: it stands outside the limits that strangers can fill. It is
 * signed and not stored, and a new password makes every earlier one worthless.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { createDeviceTokenSigner, parseDeviceToken } from '@gatehouse/access/tokens/device-token'
import type { Jwk } from '@gatehouse/access/tokens/jwks-source'

/** What a token is bound to. `passwordChangedAt` names the present password. */
export type DeviceOwner = { userId: string; passwordChangedAt: string }
export type KnownDevice = { id: string; isAgeing: boolean }

export type DeviceTokens = {
  mint(owner: DeviceOwner): string
  /**
   * The device; undefined for a token that is not of this account, not of this password, expired or no token at all.
   */
  read(token: string | undefined, owner: DeviceOwner | undefined): KnownDevice | undefined
}

/** `privateKey`: the key of this service as JWK text, from which a secret for the proofs is derived (RFC 5869). */
export function createDeviceTokens(o: { privateKey: string; clock: Clock; ttlSeconds: number }): DeviceTokens {
  const secret = Buffer.from(hkdfSync('sha256', o.privateKey, '', 'gatehouse identity device tokens', 32))
  const signer = createDeviceTokenSigner(JSON.parse(o.privateKey) as Jwk)
  const nobody: DeviceOwner = { userId: '', passwordChangedAt: '' }
  const hmacOf = (...parts: (string | number)[]): Buffer =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest()
  const proofOf = (id: Buffer, issuedAt: number, { userId, passwordChangedAt }: DeviceOwner): Buffer =>
    hmacOf('device', id.toString('base64url'), issuedAt, userId, passwordChangedAt)
  const nowSeconds = (): number => Math.floor(o.clock.now().getTime() / 1000)
  return {
    mint(owner) {
      const id = randomBytes(16)
      const issuedAtSeconds = nowSeconds()
      const accountTag = hmacOf('account', owner.userId).subarray(0, 16)
      return signer({ id, issuedAtSeconds, accountTag, proof: proofOf(id, issuedAtSeconds, owner) })
    },
    read(token, owner) {
      const given = parseDeviceToken(token) ?? { id: Buffer.alloc(16), issuedAtSeconds: 0, proof: Buffer.alloc(32) }
      const isProven = timingSafeEqual(given.proof, proofOf(given.id, given.issuedAtSeconds, owner ?? nobody))
      const ageSeconds = nowSeconds() - given.issuedAtSeconds
      if (!isProven || owner === undefined || ageSeconds > o.ttlSeconds) return undefined
      return { id: given.id.toString('base64url'), isAgeing: ageSeconds > o.ttlSeconds / 2 }
    },
  }
}
