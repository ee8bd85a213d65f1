/**
 * A verified person out of an accepted invitation. The invitation is the key of the request: however often and however concurrently it is
 * asked, one person comes of it. An address somebody has is a conflict: that person accepts with their own sign-in.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type ServiceCaller } from '@gatehouse/service-kit/http/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { isUniqueViolation } from '@gatehouse/service-kit/postgres/errors'
import type { Deps } from '../deps.ts'
import { findUserIdByInvitation } from '../store/users.ts'
import { openAccount } from './open-account.ts'
import { preparePassword } from './prepare-password.ts'

type InvitedDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'estimateGuesses'>
type Invited = { invitationId: string; email: string; name: string; password: string; source: string }

/** The person's id. @throws AppError `conflict`, `weak_password`, `unavailable` */
export async function createInvitedUser(deps: InvitedDeps, caller: ServiceCaller, input: Invited): Promise<string> {
  const { invitationId, email: address, name, password, source } = input
  const known = await findUserIdByInvitation(deps.system, invitationId)
  if (known !== undefined) return known
  const phc = await preparePassword(deps, { password, name, address, source })
  const userId = newId('user')
  const account = { userId, address, name, phc, invitationId, via: 'invitation', isVerified: true, actor: actorOf(caller) } as const
  const created = await deps.spine
    .write({}, async (tx) => ((await openAccount(tx, account)) ? userId : findUserIdByInvitation(tx, invitationId)), { db: 'system' })
    .catch((err: unknown) => {
      // The same invitation at the same moment with another address: the first one stands.
      if (isUniqueViolation(err, 'users_invitation_id_key')) return findUserIdByInvitation(deps.system, invitationId)
      throw err
    })
  if (created === undefined) throw problem('conflict', { detail: 'The address belongs to somebody already.' })
  return created
}
