/**
 * The secret of a mail about a change of address, minted when the mail is sent: to the new address to prove it, to the
 * old one to undo it.
 */
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { addressPrefix } from '../../domain/secret-prefixes.ts'
import { insertChangeSecret, type Purpose } from '../../store/address-changes.ts'
import { linkMail, type LinkMail } from '../link-mail.ts'

/** Undefined when there is nothing to send any more. */
export async function mintAddressLink(
  { system, settings }: Pick<Deps, 'system' | 'settings'>,
  { changeId, purpose }: { changeId: string; purpose: Purpose },
): Promise<LinkMail | undefined> {
  const { secret, hash } = mintSecret(addressPrefix)
  const recipient = await insertChangeSecret(system, {
    changeId,
    secretHash: hash,
    purpose,
    ttlSeconds: settings.verificationTtlSeconds,
    undoSeconds: settings.addressUndoSeconds,
  })
  return linkMail(recipient, secret)
}
