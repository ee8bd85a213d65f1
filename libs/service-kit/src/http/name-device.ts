/**
 * What a person reads in their list of sessions: browser and system, as far as the user agent tells. It is decoration
 * and proves nothing.
 */
import Bowser from 'bowser'

const longest = 100

/** "Chrome on Linux"; what is unknown is left out, and nothing known is "Unknown device". */
export function nameDevice(userAgent: string | undefined): string {
  if (userAgent === undefined || userAgent.trim() === '') return 'Unknown device'
  const { browser, os } = Bowser.parse(userAgent)
  const known = [browser.name, os.name].filter((name) => name !== undefined && name !== '')
  if (known.length > 0) return known.join(' on ').slice(0, longest)
  // Not a browser: its own first word ("curl/8.5"), in printable characters.
  return (userAgent.split(/\s/, 1)[0] ?? '').replaceAll(/[^\x20-\x7e]/g, '').slice(0, longest) || 'Unknown device'
}
