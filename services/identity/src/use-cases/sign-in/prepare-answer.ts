/**
 * What costs time in a step is done before the lock of the person is taken: hashing a password, verifying a signature.
 * Only for a sign-in that waits for it.
 */
import type { PasskeyAssertion } from '@gatehouse/contracts/http/identity/passkey-assertion'
import type { SignInStep } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { normalizePassword } from '../../domain/password-rules.ts'
import { nextSteps } from '../../domain/sign-in/steps.ts'
import type { VerifiedAssertion } from '../../factors/relying-party.ts'
import { findPasskeyByCredential } from '../../store/passkeys.ts'
import { findOpenSignIn, type OpenSignIn, type Presented } from '../../store/sign-in-transactions.ts'
import { turnOf, type Requester } from '../requester.ts'
import type { Prepared } from './step.ts'

type PrepareDeps = Pick<Deps, 'system' | 'hasher' | 'relyingParty'>
/** The members of a request; each step is answered with one of them. */
export type StepMembers = {
  step: SignInStep
  code?: string | undefined
  password?: string | undefined
  credential?: PasskeyAssertion | undefined
}
type Given = StepMembers & { presented: Presented; requester: Requester }

const memberOf: Readonly<Partial<Record<SignInStep, 'code' | 'password' | 'credential'>>> = {
  totp: 'code',
  recovery_code: 'code',
  email_code: 'code',
  password: 'password',
  passkey: 'credential',
}

/** @throws AppError `validation_failed` when the member that this step is answered with is missing */
export function requireMember(given: StepMembers): void {
  const member = memberOf[given.step]
  if (member !== undefined && given[member] === undefined)
    throw problem('validation_failed', {
      errors: [{ path: `/${member}`, message: `is needed for step ${given.step}` }],
    })
}

export async function prepareAnswer(deps: PrepareDeps, given: Given): Promise<Prepared> {
  const { step, code, password, credential, presented, requester } = given
  const isCostly = step === 'password' || step === 'passkey'
  const signIn = isCostly ? await findOpenSignIn(deps.system, presented) : undefined
  if (signIn === undefined || !nextSteps(signIn).includes(step)) return { code }
  return {
    code,
    matchedPhc: step === 'password' ? await matchPassword(deps, { signIn, password, requester }) : undefined,
    assertion: step === 'passkey' ? await verifyPasskey(deps, { signIn, credential }) : undefined,
  }
}

async function matchPassword(
  { hasher }: PrepareDeps,
  { signIn, password = '', requester }: { signIn: OpenSignIn; password?: string | undefined; requester: Requester },
): Promise<string | undefined> {
  const phc = signIn.password?.phc
  if (phc === undefined) return undefined
  const turn = { ...turnOf(requester), stopsAtMatch: true }
  return (await hasher.findMatch([phc], normalizePassword(password), turn)) === undefined ? undefined : phc
}

async function verifyPasskey(
  { system, relyingParty }: PrepareDeps,
  { signIn, credential }: { signIn: OpenSignIn; credential: PasskeyAssertion | undefined },
): Promise<VerifiedAssertion | undefined> {
  if (credential === undefined) return undefined
  const passkey = await findPasskeyByCredential(system, Buffer.from(credential.id, 'base64url'))
  if (passkey?.userId !== signIn.userId) return undefined
  const { userId, publicKey } = passkey
  return relyingParty.verifyAssertion(credential, { userId, publicKey, requiresUserVerification: false })
}
