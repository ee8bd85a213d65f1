/**
 * What the pages keep in cookies is sealed (AES-256-GCM), for one browser and for an hour; a form carries an HMAC of
 * the same browser. So a cookie or a form that was copied out of one browser is of no use in another.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@gatehouse/service-kit/context/clock'

export type CookieSeal = {
  seal(value: object, browser: string): string
  /** Undefined for anything but a value that was sealed for this browser within the hour. */
  unseal(text: string, browser: string): unknown
  formToken(browser: string): string
  isFormToken(text: string | undefined, browser: string): boolean
}

const ivBytes = 12
const tagBytes = 16
const lifeMs = 3600_000

export function createCookieSeal(key: string, clock: Pick<Clock, 'now'>): CookieSeal {
  const keyFor = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64url'), '', `gatehouse pages ${use}`, 32))
  const sealing = keyFor('cookie')
  const forms = keyFor('form')
  const formToken = (browser: string): string => createHmac('sha256', forms).update(browser).digest('base64url')
  return {
    seal(value, browser) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(browser))
      const text = JSON.stringify({ until: clock.now().getTime() + lifeMs, value })
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },
    unseal(text, browser) {
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length <= ivBytes + tagBytes) return undefined
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, ivBytes))
        decipher.setAAD(Buffer.from(browser)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        const plain = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
        const { until, value } = JSON.parse(plain.toString('utf8')) as { until: number; value: unknown }
        return until > clock.now().getTime() ? value : undefined
      } catch {
        return undefined
      }
    },
    formToken,
    isFormToken(text, browser) {
      const [given, right] = [Buffer.from(text ?? ''), Buffer.from(formToken(browser))]
      return given.length === right.length && timingSafeEqual(given, right)
    },
  }
}
