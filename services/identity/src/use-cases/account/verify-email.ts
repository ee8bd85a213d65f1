/**
 * Proves an address with the secret of a mail. The link alone shows who reads the mailbox and not who chose the
 * registration's password, so that password becomes the account's only when it is shown to be the reader's; otherwise
 * the reader chooses one now. Whatever is wrong with the secret, the answer is the same.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { decideActivation } from '../../domain/registration.ts'
import { verificationPrefix } from '../../domain/secret-prefixes.ts'
import { findMailedRegistration, findOpenRegistration } from '../../store/email-verifications.ts'
import { lockEmailBySecret, proveEmail } from '../../store/emails.ts'
import { preparePassword } from '../passwords/prepare-password.ts'
import type { Requester } from '../requester.ts'
import { activateAccount } from './activate-account.ts'
import { hashOfHandle } from './registration-handle.ts'

type VerifyDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'estimateStrength'>
type Chosen = { name: string | undefined; phc: string }
type Proof = { secretHash: Buffer; handleHash: Buffer | undefined; chosen: Chosen | undefined; source: string }
type Outcome = 'verified' | 'invalid_token' | 'password_required'

/**
 * @throws AppError `invalid_token`; `password_required`, which leaves the secret unused; `weak_password`, `unavailable`
 */
export async function verifyEmail(
  deps: VerifyDeps,
  given: { token: string; handle: string | undefined; password: string | undefined; name: string | undefined },
  requester: Requester,
): Promise<void> {
  if (!isWellFormed(verificationPrefix, given.token)) throw problem('invalid_token')
  const secretHash = hashSecret(given.token)
  const chosen = await prepareChosen(deps, { ...given, secretHash }, requester)
  const [source] = requester.networks
  const proof = { secretHash, handleHash: hashOfHandle(given.handle), chosen, source }
  const outcome = await deps.spine.write({}, (tx) => proveBySecret(tx, proof), { db: 'system' })
  if (outcome !== 'verified') throw problem(outcome)
}

async function prepareChosen(
  deps: VerifyDeps,
  { secretHash, password, name }: { secretHash: Buffer; password: string | undefined; name: string | undefined },
  requester: Requester,
): Promise<Chosen | undefined> {
  if (password === undefined) return undefined
  const mailed = await findMailedRegistration(deps.system, secretHash)
  if (mailed === undefined) throw problem('invalid_token')
  const person = { name: name ?? mailed.name, address: mailed.address }
  return { name, phc: await preparePassword(deps, { password, ...person }, requester) }
}

async function proveBySecret(tx: Tx, { secretHash, handleHash, chosen, source }: Proof): Promise<Outcome> {
  const email = await lockEmailBySecret(tx, secretHash)
  if (email === undefined) return 'invalid_token'
  const { userId, emailId, verificationId } = email
  const registration = await findOpenRegistration(tx, { verificationId, handleHash })
  if (registration === undefined) return 'invalid_token'
  const decision = decideActivation({ registration, source, hasChosenPassword: chosen !== undefined })
  if (decision === 'password_required') return decision
  await proveEmail(tx, { emailId, secretHash })
  await activateAccount(tx, {
    userId,
    name: chosen?.name ?? registration.name,
    phc: chosen?.phc ?? registration.phc,
    actor: `user:${userId}`,
    by: decision === 'registered_password' ? { verificationId } : undefined,
  })
  return 'verified'
}
