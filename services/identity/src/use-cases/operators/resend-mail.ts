/**
 * An operator has a mail sent to a person again. It counts towards what the mailbox may get; its link is minted at
 * sending and only the mailbox sees it.
 */
import { UserMailResent } from '@gatehouse/contracts/events/identity/user'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { lockUnprovenEmail } from '../../store/emails.ts'
import { findManagedUser, noteAboutUser, type ManagedUser } from '../../store/managed-users.ts'
import { requestMail } from '../account/request-verification.ts'
import { requestResetMail } from '../passwords/forgot-password.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import { requirePermission } from './require-permission.ts'
import { eventAbout } from './suspend-user.ts'

type Wanted = { userId: string; mail: 'email_verification' | 'password_reset'; reason: string }

/**
 * @throws AppError `forbidden`, `not_found`; `conflict` when this mail is of no use to the person; `rate_limited` when
 * they had enough of them
 */
export async function resendMail(
  deps: Pick<Deps, 'clients' | 'spine' | 'system' | 'settings'>,
  caller: UserCaller,
  { userId, mail, reason }: Wanted,
): Promise<void> {
  await requirePermission(deps, caller, permissions.sendMail)
  const user = await findManagedUser(deps.system, userId)
  if (user === undefined) throw problem('not_found')
  const isUseful = user.status === 'active' && user.isEmailVerified === (mail === 'password_reset')
  if (!isUseful) throw problem('conflict', { detail: 'This mail is of no use to this person now.' })
  await deps.spine.write(
    {},
    async (tx) => {
      if (!(await request(tx, deps, user, mail))) throw problem('rate_limited', { retryAfterSeconds: 60 })
      const noted = await noteAboutUser(tx, userId)
      if (noted.kind !== 'changed') throw problem('not_found')
      const data = { user_id: userId, mail, reason }
      await appendEvent(tx, { ...eventAbout(userId, noted.version, caller), contract: UserMailResent, data })
    },
    { db: 'system' },
  )
}

async function request(
  tx: Tx,
  { settings }: Pick<Deps, 'settings'>,
  { address }: ManagedUser,
  mail: Wanted['mail'],
): Promise<boolean> {
  const normalizedAddress = normalizedAddressOf(address)
  if (mail === 'password_reset')
    return requestResetMail(tx, { normalizedAddress, cooldownSeconds: settings.resendCooldownSeconds })
  const email = await lockUnprovenEmail(tx, normalizedAddress)
  return requestMail(tx, {
    email,
    normalizedAddress,
    handleHash: undefined,
    settings,
    isResend: true,
    actor: 'system',
  })
}
