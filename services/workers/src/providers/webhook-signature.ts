/** Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body, one for each live secret. */
import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'

export const mintWebhookSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`

export type Signed = { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string }

export function signWebhook(o: { id: string; at: Date; body: string; secrets: readonly string[] }): Signed {
  const timestamp = String(Math.floor(o.at.getTime() / 1000))
  const signatures = o.secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${o.id}.${timestamp}.${o.body}`).digest('base64')}`
  })
  return { 'webhook-id': o.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
