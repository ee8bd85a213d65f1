/**
 * Tokens by which a device that has signed in before is known again (OWASP: device cookies). A token belongs to one account, carries no right, and stands
 * outside the limits that strangers can fill. It is signed and not stored; a new password makes every earlier one worthless.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@gatehouse/service-kit/context/clock'

/** What a token is bound to. `passwordChangedAt` names the present password. */
export type DeviceOwner = { userId: string; passwordChangedAt: string }
export type KnownDevice = { id: string; isAgeing: boolean }

export type DeviceTokens = {
  mint(owner: DeviceOwner): string
  /** The device; undefined for a token that is not of this account, not of this password, expired or no token at all. */
  read(token: string | undefined, owner: DeviceOwner | undefined): KnownDevice | undefined
}

const prefix = 'gthd_'
const idBytes = 16
const timeBytes = 6
const signatureBytes = 32
const tokenPattern = new RegExp(`^${prefix}[A-Za-z0-9_-]{${((idBytes + timeBytes + signatureBytes) * 4) / 3}}$`)

/** `secret`: the private key of this service, from which a key of its own is derived (RFC 5869). */
export function createDeviceTokens(o: { secret: string; clock: Clock; ttlSeconds: number }): DeviceTokens {
  const key = Buffer.from(hkdfSync('sha256', o.secret, '', 'gatehouse identity device tokens', 32))
  const nobody: DeviceOwner = { userId: '', passwordChangedAt: '' }
  const sign = (body: Buffer, { userId, passwordChangedAt }: DeviceOwner): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([body.toString('base64url'), userId, passwordChangedAt]))
      .digest()
  const nowSeconds = (): number => Math.floor(o.clock.now().getTime() / 1000)
  return {
    mint(owner) {
      const body = Buffer.alloc(idBytes + timeBytes)
      randomBytes(idBytes).copy(body)
      body.writeUIntBE(nowSeconds(), idBytes, timeBytes)
      return prefix + Buffer.concat([body, sign(body, owner)]).toString('base64url')
    },
    read(token, owner) {
      const bytes = Buffer.alloc(idBytes + timeBytes + signatureBytes)
      if (token !== undefined && tokenPattern.test(token)) bytes.write(token.slice(prefix.length), 'base64url')
      const body = bytes.subarray(0, idBytes + timeBytes)
      const given = bytes.subarray(body.length)
      const isSigned = timingSafeEqual(given, sign(body, owner ?? nobody))
      const ageSeconds = nowSeconds() - body.readUIntBE(idBytes, timeBytes)
      if (!isSigned || owner === undefined || ageSeconds > o.ttlSeconds) return undefined
      return { id: body.subarray(0, idBytes).toString('base64url'), isAgeing: ageSeconds > o.ttlSeconds / 2 }
    },
  }
}
