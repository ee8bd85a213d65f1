/**
 * The cookie that binds one authorization request to the browser that began it: without it, the answer of one person's
 * sign-in could be given to another.
 */
import { browserCookiePrefix } from '@gatehouse/contracts/http/tokens/openid-provider'

export const browserSecretPrefix = 'gtab_'

export type BrowserCookie = {
  name: string
  /** The header that sets it. */
  set(value: string, seconds: number): string
  /** The header that takes it away. */
  clear(): string
}

/** `__Host-` (RFC 6265bis §4.1.3.2) wherever the platform is reached over https; a developer's machine has no https. */
export function browserCookie(o: { issuer: string; authorizationId: string }): BrowserCookie {
  const isSecure = o.issuer.startsWith('https:')
  const name = `${isSecure ? '__Host-' : ''}${browserCookiePrefix}${o.authorizationId}`
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  return {
    name,
    set: (value, seconds) => `${name}=${value}; Max-Age=${seconds}; ${attributes}`,
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  }
}
