/**
 * The cookies of the pages: their names, and the one way they are written. `__Host-` (RFC 6265bis §4.1.3.2) wherever
 * the platform is reached over https.
 */
import { pageCookiePrefix } from '@gatehouse/contracts/http/page'
import { browserSessionCookieName } from '@gatehouse/contracts/http/tokens/browser-sessions'

export type CookieJar = {
  get(kind: CookieKind): string | undefined
  /** Without seconds: until the browser is closed. */
  set(kind: CookieKind, value: string, seconds?: number): void
  clear(kind: CookieKind): void
  /** The headers that say what has changed. */
  headers(): string[]
}

/**
 * - `session`: the signed-in session, as `tokens` knows it.
 * - `browser`: names this browser, new at every sign-in.
 * - `flow`: what a sign-in, a link or a form has come to, sealed.
 * - `device`: what keeps a known device outside the limits strangers can fill; no credential.
 * - `remembered`: of a device that is not asked for the second factor again.
 * - `registration`: says whose registration it was.
 */
export type CookieKind = 'session' | 'browser' | 'flow' | 'device' | 'remembered' | 'registration'

export function openCookieJar(header: string | undefined, issuer: string): CookieJar {
  const isSecure = issuer.startsWith('https:')
  const nameOf = (kind: CookieKind): string =>
    kind === 'session' ? browserSessionCookieName(issuer) : `${isSecure ? '__Host-' : ''}${pageCookiePrefix}${kind}`
  const given = readCookies(header)
  const changed = new Map<CookieKind, string>()
  const write = (kind: CookieKind, value: string, seconds: number | undefined): void => {
    given.set(nameOf(kind), value)
    const age = seconds === undefined ? '' : `; Max-Age=${Math.max(0, Math.floor(seconds))}`
    changed.set(kind, `${nameOf(kind)}=${value}${age}; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`)
  }
  return {
    get: (kind) => given.get(nameOf(kind)) || undefined,
    set: write,
    clear: (kind) => write(kind, '', 0),
    headers: () => [...changed.values()],
  }
}

function readCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals).trim()
    // Of two with one name the first is the more specific one (RFC 6265 §5.4).
    if (equals > 0 && !cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim())
  }
  return cookies
}
