/**
 * Signs a browser out. The answer is given after the end was announced; a cookie that nobody knows is as signed out as
 * one can be.
 */
import type { Deps } from '../../deps.ts'
import { endSession } from '../sessions/end-session.ts'
import { browserSessionOf } from './browser-cookie.ts'

export async function endBrowserSession(deps: Pick<Deps, 'system' | 'spine'>, cookieValue: string): Promise<void> {
  const browser = await browserSessionOf(deps, cookieValue)
  if (browser !== undefined) await endSession(deps, browser, { sessionId: browser.sessionId, reason: 'logout' })
}
