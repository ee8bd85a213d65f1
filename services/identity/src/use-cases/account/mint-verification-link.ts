/**
 * The secret of one verification mail, minted when the mail is sent. Sending again mints anew; earlier secrets stay
 * valid until one is used.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { verificationPrefix } from '../../domain/secret-prefixes.ts'
import { findRecipient, insertVerificationSecret } from '../../store/email-verifications.ts'

export type VerificationMail = { to: string; name: string; token: string }

/** Undefined when there is nothing to send any more. @throws AppError `not_found` */
export async function mintVerificationLink(
  deps: Pick<Deps, 'system' | 'settings'>,
  { verificationId }: { verificationId: string },
): Promise<VerificationMail | undefined> {
  const minted = mintSecret(verificationPrefix)
  const recipient = await inScope(deps.system, {}, async (tx) => {
    const found = await findRecipient(tx, verificationId)
    if (!found?.isDue) return found
    const { userId, emailId } = found
    await insertVerificationSecret(tx, {
      secretHash: minted.hash,
      verificationId,
      userId,
      emailId,
      ttlSeconds: deps.settings.verificationTtlSeconds,
    })
    return found
  })
  if (recipient === undefined) throw problem('not_found')
  return recipient.isDue ? { to: recipient.address, name: recipient.name, token: minted.secret } : undefined
}
