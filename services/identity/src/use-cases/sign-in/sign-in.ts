/** Address and password in; a session out, or a stored sign-in that waits for its next step. */
import type { SignInResult } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { choiceOf } from '../../domain/organization-choice.ts'
import { challengePrefix } from '../../domain/secret-prefixes.ts'
import { amrAfter, missingFactors, nextSteps, type SignInState } from '../../domain/sign-in/steps.ts'
import { listFactors } from '../../store/factors.ts'
import { useRememberedDevice } from '../../store/remembered-devices.ts'
import { insertSignIn } from '../../store/sign-in-transactions.ts'
import { enrolledOf } from '../factors/enrolled.ts'
import type { Requester } from '../requester.ts'
import { hashOfRememberedDevice } from '../remembered-devices/remember-device.ts'
import { hashOfBrowser } from './browser.ts'
import { checkPassword, type Authenticated, type Presented } from './check-password.ts'
import { offerToRemember } from './offer-to-remember.ts'
import { offerOrganizations } from './select-organization.ts'
import { onlyTooWeak } from './too-weak.ts'

type SignInDeps = Pick<
  Deps,
  'spine' | 'system' | 'hasher' | 'constantTime' | 'settings' | 'log' | 'clients' | 'devices'
>
type SignIn = Presented & {
  organizationId: string | null | undefined
  browser: string | undefined
  /** Of a device that was remembered. */
  rememberedDevice: string | undefined
}

/** `deviceToken`: given when the device was not known yet, or its token grows old. */
export type SignInOutcome = { result: SignInResult; deviceToken?: string }

/**
 * @throws AppError `invalid_credentials`, `unavailable`; of tokens: `not_found` for a foreign organization,
 * `upstream_failed`
 */
export async function signIn(
  deps: SignInDeps,
  { organizationId, browser, rememberedDevice, ...presented }: SignIn,
  requester: Requester,
): Promise<SignInOutcome> {
  const authenticated = await checkPassword(deps, presented, requester)
  const { account, verificationId, device } = authenticated
  if (account.status !== 'active') throw problem('invalid_credentials')
  const organization = choiceOf(organizationId)
  const amr = amrAfter('password', [])
  const { userId } = account
  const isRemembered = await isRememberedDevice(deps, { userId, rememberedDevice })
  const state = await stateAfterPassword(deps, authenticated, { amr, isRemembered, organization })
  const { next, ...offered } = await offerOrganizations(deps, { userId, next: nextSteps(state) })
  if (next.length > 0) {
    // The password of an open registration becomes the person's with its proof, which is a new version.
    const userVersion = verificationId === undefined ? account.version : undefined
    const waiting = { userId, userVersion, verificationId, organization, amr, browserHash: hashOfBrowser(browser) }
    const challenge = await storeSignIn(deps, waiting)
    return { result: { status: 'challenge', challenge, next, ...offerToRemember(deps, state, next), ...offered } }
  }
  const session = { userId, userVersion: account.version, amr, organization }
  const result = await deps.clients.tokens.startSession(session).catch(onlyTooWeak)
  if (result !== undefined) return { result, ...renewDevice(deps, account, device) }
  const waiting = { ...session, browserHash: hashOfBrowser(browser), requiresMfa: true }
  const challenge = await storeSignIn(deps, waiting)
  return { result: { status: 'challenge', challenge, next: missingFactors({ ...state, requiresMfa: true }) } }
}

async function stateAfterPassword(
  { system }: Pick<Deps, 'system'>,
  { account, verificationId }: Authenticated,
  asked: Pick<SignInState, 'amr' | 'isRemembered' | 'organization'>,
): Promise<SignInState> {
  return {
    purpose: 'sign_in',
    isAddressProven: verificationId === undefined,
    enrolled: enrolledOf(await listFactors(system, account.userId)),
    requiresMfa: false,
    ...asked,
  }
}

async function isRememberedDevice(
  { system }: Pick<Deps, 'system'>,
  { userId, rememberedDevice }: { userId: string; rememberedDevice: string | undefined },
): Promise<boolean> {
  const secretHash = hashOfRememberedDevice(rememberedDevice)
  return secretHash !== undefined && (await useRememberedDevice(system, { userId, secretHash }))
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
