/** The value of a browser session's cookie: 256 random bits, of which only a hash is kept. */
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { type BrowserSession, findBrowserSession } from '../../store/browser-sessions.ts'

export const browserSessionPrefix = 'gtbs_'

/** The session of the cookie that a browser sent, unless it has been ended or bound anew. */
export async function browserSessionOf(
  { system }: Pick<Deps, 'system'>,
  cookieValue: string | undefined,
): Promise<(BrowserSession & { hash: Buffer }) | undefined> {
  if (cookieValue === undefined || !isWellFormed(browserSessionPrefix, cookieValue)) return undefined
  const hash = hashSecret(cookieValue)
  const found = await findBrowserSession(system, hash)
  return found && { ...found, hash }
}
