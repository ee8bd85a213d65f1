/**
 * The secret of one reset mail, minted when the mail is sent. Sending again mints anew; earlier secrets stay valid
 * until one is used.
 */
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { resetPrefix } from '../../domain/secret-prefixes.ts'
import { insertResetSecret } from '../../store/password-resets.ts'
import { linkMail, type LinkMail } from '../link-mail.ts'

/** A mail that could not be sent for a day is of no use to anybody: the person has asked again or has remembered. */
export const resetMailMaxAgeSeconds = 86_400

/** Undefined when there is nothing to send any more. */
export async function mintResetLink(
  { system, settings }: Pick<Deps, 'system' | 'settings'>,
  { resetId }: { resetId: string },
): Promise<LinkMail | undefined> {
  const { secret, hash } = mintSecret(resetPrefix)
  const recipient = await insertResetSecret(system, {
    resetId,
    secretHash: hash,
    ttlSeconds: settings.resetTtlSeconds,
    maxAgeSeconds: resetMailMaxAgeSeconds,
  })
  return linkMail(recipient, secret)
}
