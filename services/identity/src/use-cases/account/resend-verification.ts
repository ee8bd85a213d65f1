/**
 * Asks for another mail: of the caller's own registration, else of the newest one. Every address gets the same answer
 * at the same time.
 */
import type { Deps } from '../../deps.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import { lockUnprovenEmail } from '../../store/emails.ts'
import { writeWithoutRevision } from '../write-without-revision.ts'
import { hashOfHandle } from './registration-handle.ts'
import { requestMail } from './request-verification.ts'

export function resendVerification(
  deps: Pick<Deps, 'spine' | 'constantTime' | 'settings'>,
  { email: address, handle }: { email: string; handle: string | undefined },
): Promise<void> {
  const normalizedAddress = normalizedAddressOf(address)
  const handleHash = hashOfHandle(handle)
  return deps.constantTime.always(() =>
    writeWithoutRevision(deps, async (tx) => {
      const email = await lockUnprovenEmail(tx, normalizedAddress)
      await requestMail(tx, {
        email,
        normalizedAddress,
        handleHash,
        settings: deps.settings,
        isResend: true,
        actor: 'system',
      })
    }),
  )
}
