/** After each step of a sign-in: the next step's page, or the browser session and the way on. */
import { AnswerChallenge, type AnswerResult } from '@gatehouse/contracts/http/identity/sign-in'
import { BindBrowserSession } from '@gatehouse/contracts/http/tokens/browser-sessions'
import { renewBrowser, spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { pageOf } from '../domain/flow.ts'
import { along, destinationOf, type Way } from '../domain/way.ts'
import { redirect, type RedirectAnswer } from '../serve/answer.ts'

type AdvanceDeps = Pick<Deps, 'identity' | 'tokens' | 'clock'>
type Challenged = Extract<AnswerResult, { status: 'challenge' }>
type Authenticated = Exclude<AnswerResult, Challenged>

/** Steps that work without a script come first. */
const preferred = ['password', 'email_code', 'totp', 'passkey', 'recovery_code', 'enroll_mfa', 'verify_email']

export async function advance(
  deps: AdvanceDeps,
  visit: Visit,
  { result, way }: { result: AnswerResult; way: Way },
): Promise<RedirectAnswer> {
  if (result.status === 'authenticated') return finish(deps, visit, { result, way })
  const { challenge, next, remember_device_days: rememberDays } = result
  const step = preferred.find((one) => next.includes(one))
  const enrollment = step === 'enroll_mfa' ? await enrollmentOf(deps, visit, result) : undefined
  return redirect(along(pageOf(step), way), {
    signIn: { challenge, next, ...(enrollment && { enrollment }), ...(rememberDays !== undefined && { rememberDays }) },
  })
}

/** The secret of a new authenticator app is asked for when the step is reached, because asking makes one. */
async function enrollmentOf(deps: AdvanceDeps, visit: Visit, { challenge, enrollment }: Challenged) {
  const asked =
    enrollment === undefined
      ? await deps.identity.call(AnswerChallenge, { ...spokenFor(visit), body: { challenge, step: 'enroll_mfa' } })
      : undefined
  const shown = enrollment ?? (asked?.status === 'challenge' ? asked.enrollment : undefined)
  return shown && { secret: shown.secret, uri: shown.otpauth_url }
}

/**
 * The browser holds a new secret that stands for the session; the tokens of the sign-in stay here and are forgotten.
 */
async function finish(
  deps: AdvanceDeps,
  visit: Visit,
  { result, way }: { result: Authenticated; way: Way },
): Promise<RedirectAnswer> {
  // A step-up raises the session that the browser is bound to already.
  if ('refresh_token' in result) await bindSession(deps, visit, result.access_token)
  renewBrowser(visit)
  return redirect(destinationOf(way), { signIn: undefined, email: undefined })
}

async function bindSession({ tokens, clock }: AdvanceDeps, visit: Visit, accessToken: string): Promise<void> {
  const previous = visit.cookies.get('session')
  const bound = await tokens.call(BindBrowserSession, {
    body: { access_token: accessToken, ...(previous !== undefined && { previous_cookie: previous.slice(0, 512) }) },
    timeoutMs: 4000,
  })
  const seconds = (Date.parse(bound.expires_at) - clock.now().getTime()) / 1000
  visit.cookies.set('session', bound.cookie_value, seconds)
}
