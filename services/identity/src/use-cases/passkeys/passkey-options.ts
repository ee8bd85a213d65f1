/** What a browser needs to use a passkey: for whoever has a discoverable one, or for the step of a stored sign-in. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { challengePrefix } from '../../domain/secret-prefixes.ts'
import { nextSteps } from '../../domain/sign-in/steps.ts'
import { insertPasskeyChallenge, listPasskeys } from '../../store/passkeys.ts'
import { findOpenSignIn } from '../../store/sign-in-transactions.ts'
import { hashOfBrowser } from '../sign-in/browser.ts'

type OptionsDeps = Pick<Deps, 'system' | 'relyingParty'>
type Asked = { challenge: string | undefined; browser: string | undefined }

/** @throws AppError `invalid_token`, `step_unavailable` */
export async function passkeyOptions(
  deps: OptionsDeps,
  { challenge, browser }: Asked,
): Promise<Record<string, unknown>> {
  if (challenge !== undefined) return optionsOfStep(deps, { challenge, browser })
  const { options, challengeHash } = await deps.relyingParty.authenticationOptions({ allowed: undefined })
  await insertPasskeyChallenge(deps.system, { challengeHash, purpose: 'authentication' })
  return options
}

async function optionsOfStep(
  { system, relyingParty }: OptionsDeps,
  { challenge, browser }: { challenge: string; browser: string | undefined },
): Promise<Record<string, unknown>> {
  if (!isWellFormed(challengePrefix, challenge)) throw problem('invalid_token')
  const presented = { challengeHash: hashSecret(challenge), browserHash: hashOfBrowser(browser) }
  const signIn = await findOpenSignIn(system, presented)
  if (signIn === undefined) throw problem('invalid_token')
  const next = nextSteps(signIn)
  // A challenge that waits for the code of a mail tells nobody whether there is a person behind it.
  if (next.includes('email_code')) throw problem('invalid_token')
  if (!next.includes('passkey')) throw problem('step_unavailable')
  const { id: signInId, userId } = signIn
  const allowed = await listPasskeys(system, userId)
  const { options, challengeHash } = await relyingParty.authenticationOptions({ allowed })
  await insertPasskeyChallenge(system, { challengeHash, purpose: 'authentication', userId, signInId })
  return options
}
