/**
 * Where a browser may be sent back to (RFC 9700 §4.1.3). A registered address is compared character by character:
 * nothing is decoded, resolved or folded, so `..`, `;`, another case or an encoded slash is another address. Only the
 * port of a loopback address may differ (RFC 8252 §7.3).
 */

const longest = 2000

/** Schemes a browser would run or open itself. */
const forbiddenSchemes = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'ws:',
  'wss:',
  'ftp:',
])
/** Names of answers (RFC 6749 §4.1.2, RFC 9207): in a registered query they would stand there twice. */
const answerNames = new Set([
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'id_token',
  'access_token',
  'response',
])

/** Printable ASCII without what has no place in an address (RFC 3986 §2), and without what looks like a pattern. */
const addressForm = /^[\x21-\x7e]+$/
const misplaced = /["<>\\^`{|}#*]/

const loopbackHost = /^(127\.0\.0\.1|\[::1\])$/

function parsed(address: string): URL | undefined {
  try {
    return new URL(address)
  } catch {
    return undefined
  }
}

/** What is wrong with an address to be registered, if something is. */
export function complaintAboutRedirectUri(address: string): string | undefined {
  if (address.length > longest || !addressForm.test(address) || misplaced.test(address))
    return 'is not an absolute address in plain ASCII without a fragment'
  const url = parsed(address)
  if (url === undefined) return 'is not an absolute address'
  if (url.username !== '' || url.password !== '') return 'names a user'
  if (forbiddenSchemes.has(url.protocol)) return 'has a scheme that browsers run'
  if (url.protocol === 'http:' && !loopbackHost.test(url.hostname) && url.hostname !== 'localhost')
    return 'must be https, except for a loopback address'
  // RFC 8252 §7.1: a private scheme is the reversed domain of its owner, so it has a dot.
  if (!['http:', 'https:'].includes(url.protocol) && !url.protocol.includes('.'))
    return 'has a scheme that is not yours'
  // As written is as compared, so what a browser would rewrite is refused.
  if (['http:', 'https:'].includes(url.protocol) && url.href !== address && url.href !== `${address}/`)
    return 'is not in its normal form'
  if ([...url.searchParams.keys()].some((name) => answerNames.has(name))) return 'has a parameter that answers have'
  return undefined
}

/**
 * A logout address is asked by a server of ours, so it is one of the web (Back-Channel Logout 1.0 §2.2). Whether it may
 * be reached is seen when it is.
 */
export const complaintAboutLogoutUri = (address: string): string | undefined =>
  complaintAboutRedirectUri(address) ?? (/^https?:/.test(address) ? undefined : 'is not an address of the web')

/** A page or a picture that people are shown or sent to. */
export const complaintAboutWebPage = (address: string): string | undefined =>
  complaintAboutRedirectUri(address) ?? (address.startsWith('https:') ? undefined : 'must be https')

/** An origin as a browser writes it (RFC 6454 §6.1): whatever it would write otherwise would never be met. */
export function complaintAboutOrigin(origin: string): string | undefined {
  const url = parsed(origin)
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.origin !== origin)
    return 'is no origin as browsers write it: scheme, host in lower case, and the port if it is not the usual one'
  return complaintAboutRedirectUri(origin)
}

/** The address as asked for, if the client registered it. */
export const isRegistered = (registered: readonly string[], asked: string): boolean =>
  registered.includes(asked) || registered.some((one) => isSameButForPort(one, asked))

/** The port is cut out of both texts and the rest compared, so nothing else is let through. */
function isSameButForPort(registered: string, asked: string): boolean {
  const one = loopbackForm.exec(registered)?.groups
  const other = loopbackForm.exec(asked)?.groups
  return one !== undefined && other !== undefined && one['host'] === other['host'] && one['rest'] === other['rest']
}

const loopbackForm = /^http:\/\/(?<host>127\.0\.0\.1|\[::1\])(?::(?<port>[1-9][0-9]{0,4}))?(?<rest>(?:[/?].*)?)$/

/**
 * The address with the answer in its query (RFC 6749 §4.1.2). What was registered stays as it is, and each value comes
 * back as it was sent.
 */
export function answerAddress(address: string, answer: Readonly<Record<string, string | undefined>>): string {
  const query = Object.entries(answer)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  if (!address.includes('?')) return `${address}?${query}`
  return `${address}${/[?&]$/.test(address) ? '' : '&'}${query}`
}
