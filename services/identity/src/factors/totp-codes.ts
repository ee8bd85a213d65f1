/**
 * Codes of authenticator apps (RFC 6238: SHA-1, 6 digits, 30 s, what every app can). Secrets leave this file sealed, or
 * once to their owner.
 */
import type { TotpEnrollment } from '@gatehouse/contracts/http/identity/totp-enrollment'
import type { Envelope } from '@gatehouse/service-kit/secrets/envelope'
import { Secret, TOTP } from 'otpauth'
import { toString as qrCodeOf } from 'qrcode'

const periodSeconds = 30
/**
 * Steps before and after the present one: a device's clock may be off by that much, and people type slowly (RFC 6238
 * §5.2).
 */
const window = 1
/** 160 bits, as RFC 4226 §4 recommends. */
const secretBytes = 20

export type TotpCodes = {
  /** `account`: what the app shows beside the code. */
  enroll(person: { userId: string; account: string }): Promise<{ enrollment: TotpEnrollment; sealed: string }>
  /** The time step a code is of, at most `window` away from `now`; undefined for a wrong one. */
  stepOf(given: { userId: string; sealed: string; code: string; now: Date }): number | undefined
}

/** What the secret of a person's app is bound to at rest. */
export const purposeOf = (userId: string): string => `totp:${userId}`

export function createTotpCodes({ envelope, issuer }: { envelope: Envelope; issuer: string }): TotpCodes {
  return {
    async enroll({ userId, account }) {
      const secret = new Secret({ size: secretBytes })
      const url = new TOTP({ issuer, label: account, secret, period: periodSeconds }).toString()
      return {
        enrollment: { secret: secret.base32, otpauth_url: url, qr_svg: await qrCodeOf(url, { type: 'svg' }) },
        sealed: envelope.seal(Buffer.from(secret.bytes), purposeOf(userId)),
      }
    },
    stepOf({ userId, sealed, code, now }) {
      if (!/^[0-9]{6}$/.test(code)) return undefined
      const opened = Uint8Array.from(envelope.open(sealed, purposeOf(userId)))
      const timestamp = now.getTime()
      const secret = new Secret({ buffer: opened.buffer })
      const delta = TOTP.validate({ secret, token: code, period: periodSeconds, timestamp, window })
      return delta === null ? undefined : TOTP.counter({ period: periodSeconds, timestamp }) + delta
    },
  }
}
