/** Proves an address with the secret of a mail, for the registration that mail was sent for. Whatever is wrong with the secret, the answer is the same. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { verificationPrefix } from '../../domain/secret-prefixes.ts'
import { findOpenRegistration } from '../../store/email-verifications.ts'
import { claimEmailBySecret } from '../../store/emails.ts'
import { activateAccount } from './activate-account.ts'

/** @throws AppError `invalid_token` */
export async function verifyEmail(deps: Pick<Deps, 'spine'>, { token }: { token: string }): Promise<void> {
  if (!isWellFormed(verificationPrefix, token)) throw problem('invalid_token')
  const isVerified = await deps.spine.write({}, (tx) => proveBySecret(tx, hashSecret(token)), { db: 'system' })
  if (!isVerified) throw problem('invalid_token')
}

async function proveBySecret(tx: Tx, secretHash: Buffer): Promise<boolean> {
  const claimed = await claimEmailBySecret(tx, secretHash)
  if (claimed === undefined) return false
  const { userId, emailId, verificationId } = claimed
  const registration = await findOpenRegistration(tx, verificationId)
  if (registration === undefined) throw new Error('A registration was settled before its address')
  await activateAccount(tx, { userId, emailId, ...registration, actor: `user:${userId}`, by: { verificationId } })
  return true
}
