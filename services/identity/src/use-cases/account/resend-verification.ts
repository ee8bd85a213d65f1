/** Asks for another mail for the newest registration of an address; every address gets the same answer at the same time. */
import type { Deps } from '../../deps.ts'
import { normalizeAddress } from '../../domain/email-address.ts'
import { requestAnotherMail } from './request-verification.ts'
import { writeWithoutRevision } from './write-without-revision.ts'

export function resendVerification(
  deps: Pick<Deps, 'spine' | 'constantTime' | 'settings'>,
  { email }: { email: string },
): Promise<void> {
  const wanted = { normalizedAddress: normalizeAddress(email), cooldownSeconds: deps.settings.resendCooldownSeconds }
  return deps.constantTime.always(() => writeWithoutRevision(deps, (tx) => requestAnotherMail(tx, wanted)))
}
