/**
 * A passkey alone signs in: the authenticator has verified the person, so it is two factors in one. Whatever is wrong
 * with it, the answer is the same.
 */
import type { PasskeyAssertion } from '@gatehouse/contracts/http/identity/passkey-assertion'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { choiceOf, isUndecided } from '../../domain/organization-choice.ts'
import { amrAfter } from '../../domain/sign-in/steps.ts'
import type { VerifiedAssertion } from '../../factors/relying-party.ts'
import { findPasskeyByCredential, lockPasskeyOwner } from '../../store/passkeys.ts'
import { hashOfBrowser } from '../sign-in/browser.ts'
import { offerOrganizations } from '../sign-in/select-organization.ts'
import { storeSignIn, type SignInOutcome } from '../sign-in/sign-in.ts'
import { usePasskey } from './use-passkey.ts'

type PasskeyDeps = Pick<Deps, 'spine' | 'system' | 'relyingParty' | 'clients' | 'devices' | 'settings'>
type Given = {
  credential: PasskeyAssertion
  organizationId: string | null | undefined
  deviceToken: string | undefined
  browser: string | undefined
}

/** @throws AppError `invalid_passkey`; of tokens as in signIn */
export async function signInWithPasskey(
  deps: PasskeyDeps,
  { credential, organizationId, deviceToken, browser }: Given,
): Promise<SignInOutcome> {
  const passkey = await findPasskeyByCredential(deps.system, Buffer.from(credential.id, 'base64url'))
  if (passkey === undefined) throw problem('invalid_passkey')
  const { userId, publicKey } = passkey
  const owner = { userId, publicKey, requiresUserVerification: true }
  const assertion = await deps.relyingParty.verifyAssertion(credential, owner)
  if (assertion === undefined) throw problem('invalid_passkey')
  const person = await deps.spine.write({}, (tx) => use(tx, { userId, assertion }), { db: 'system' })
  if (person === undefined) throw problem('invalid_passkey')
  const { userVersion, passwordChangedAt } = person
  const session = { userId, userVersion, amr: amrAfter('passkey', []), organization: choiceOf(organizationId) }
  const choosing = await offerOrganizations(deps, {
    userId,
    next: isUndecided(session.organization) ? ['select_organization'] : [],
  })
  if (choosing.next.length > 0) {
    const challenge = await storeSignIn(deps, { ...session, browserHash: hashOfBrowser(browser) })
    return { result: { status: 'challenge', challenge, ...choosing } }
  }
  const result = await deps.clients.tokens.startSession(session)
  const deviceOwner = passwordChangedAt === undefined ? undefined : { userId, passwordChangedAt }
  const device = deps.devices.read(deviceToken, deviceOwner)
  const isKnown = device !== undefined && !device.isAgeing
  return { result, ...(deviceOwner && !isKnown && { deviceToken: deps.devices.mint(deviceOwner) }) }
}

async function use(
  tx: Tx,
  { userId, assertion }: { userId: string; assertion: VerifiedAssertion },
): Promise<Awaited<ReturnType<typeof lockPasskeyOwner>>> {
  const person = await lockPasskeyOwner(tx, userId)
  if (person === undefined) return undefined
  return (await usePasskey(tx, { userId, assertion, signInId: undefined })) ? person : undefined
}
