/** Proves an address with the secret of a mail. Whatever is wrong with the secret, the answer is the same. */
import { UserEmailVerified } from '@gatehouse/contracts/events/identity/user-email-verified.v1'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/service-kit/events/outbox'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../deps.ts'
import { verificationPrefix } from '../domain/secret-prefixes.ts'
import { claimEmailBySecret } from '../store/emails.ts'
import { raiseVersion } from '../store/users.ts'

/** @throws AppError `invalid_token` */
export async function verifyEmail(deps: Pick<Deps, 'spine'>, { token }: { token: string }): Promise<void> {
  if (!isWellFormed(verificationPrefix, token)) throw problem('invalid_token')
  const secretHash = hashSecret(token)
  const isVerified = await deps.spine.write(
    {},
    async (tx) => {
      const claimed = await claimEmailBySecret(tx, secretHash)
      if (claimed === undefined) return false
      const { userId } = claimed
      const version = await raiseVersion(tx, userId)
      await appendEvent(tx, {
        contract: UserEmailVerified,
        aggregateType: 'user',
        aggregateId: userId,
        version,
        userId,
        actor: `user:${userId}`,
        data: { user_id: userId },
      })
      return true
    },
    { db: 'system' },
  )
  if (!isVerified) throw problem('invalid_token')
}
