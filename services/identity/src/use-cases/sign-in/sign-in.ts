/** Address and password in; a session out, or a stored sign-in that waits for its next step. */
import type { SignInResult } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { choiceOf } from '../../domain/organization-choice.ts'
import { challengePrefix } from '../../domain/secret-prefixes.ts'
import { amrAfter, nextSteps, type Step } from '../../domain/sign-in/steps.ts'
import { listFactors } from '../../store/factors.ts'
import { insertSignIn } from '../../store/sign-in-transactions.ts'
import { enrolledOf } from '../factors/enrolled.ts'
import type { Requester } from '../requester.ts'
import { hashOfBrowser } from './browser.ts'
import { checkPassword, type Authenticated, type Presented } from './check-password.ts'
import { onlyTooWeak } from './too-weak.ts'

type SignInDeps = Pick<
  Deps,
  'spine' | 'system' | 'hasher' | 'constantTime' | 'settings' | 'log' | 'clients' | 'devices'
>
type SignIn = Presented & { organizationId: string | null | undefined; browser: string | undefined }

/** `deviceToken`: given when the device was not known yet, or its token grows old. */
export type SignInOutcome = { result: SignInResult; deviceToken?: string }

/**
 * @throws AppError `invalid_credentials`, `unavailable`; of tokens: `not_found` for a foreign organization,
 * `upstream_failed`
 */
export async function signIn(
  deps: SignInDeps,
  { organizationId, browser, ...presented }: SignIn,
  requester: Requester,
): Promise<SignInOutcome> {
  const authenticated = await checkPassword(deps, presented, requester)
  const { account, verificationId, device } = authenticated
  if (account.status !== 'active') throw problem('invalid_credentials')
  const organization = choiceOf(organizationId)
  const amr = amrAfter('password', [])
  const next = await stepsAfterPassword(deps, authenticated, { amr, requiresMfa: false })
  const { userId } = account
  if (next.length > 0) {
    // The password of an open registration becomes the person's with its proof, which is a new version.
    const userVersion = verificationId === undefined ? account.version : undefined
    const waiting = { userId, userVersion, verificationId, organization, amr, browserHash: hashOfBrowser(browser) }
    return { result: { status: 'challenge', challenge: await storeSignIn(deps, waiting), next } }
  }
  const session = { userId, userVersion: account.version, amr, organization }
  const result = await deps.clients.tokens.startSession(session).catch(onlyTooWeak)
  if (result !== undefined) return { result, ...renewDevice(deps, account, device) }
  const waiting = { ...session, browserHash: hashOfBrowser(browser), requiresMfa: true }
  const challenge = await storeSignIn(deps, waiting)
  return { result: { status: 'challenge', challenge, next: await stepsAfterPassword(deps, authenticated, waiting) } }
}

async function stepsAfterPassword(
  { system }: Pick<Deps, 'system'>,
  { account, verificationId }: Authenticated,
  { amr, requiresMfa }: { amr: string[]; requiresMfa: boolean },
): Promise<Step[]> {
  return nextSteps({
    purpose: 'sign_in',
    isAddressProven: verificationId === undefined,
    amr,
    enrolled: enrolledOf(await listFactors(system, account.userId)),
    requiresMfa,
  })
}

function renewDevice(
  { devices }: Pick<Deps, 'devices'>,
  { userId, password }: Authenticated['account'],
  device: Authenticated['device'],
): { deviceToken?: string } {
  if (password === undefined || (device !== undefined && !device.isAgeing)) return {}
  return { deviceToken: devices.mint({ userId, passwordChangedAt: password.changedAt }) }
}

type Waiting = Omit<Parameters<typeof insertSignIn>[1], 'id' | 'challengeHash' | 'ttlSeconds'>

/** The challenge of a new stored sign-in. */
export async function storeSignIn(
  { system, settings }: Pick<Deps, 'system' | 'settings'>,
  waiting: Waiting,
): Promise<string> {
  const { secret, hash } = mintSecret(challengePrefix)
  const stored = { ...waiting, id: newId('sin'), challengeHash: hash, ttlSeconds: settings.challengeTtlSeconds }
  await inScope(system, {}, (tx) => insertSignIn(tx, stored))
  return secret
}
