/**
 * A verified person out of an accepted invitation. The invitation is the key of the request: however often and however
 * concurrently it is asked, one person comes of it. It proves the address, so it takes over one that was only ever
 * registered; an address somebody has proven is a conflict: that person accepts with their own sign-in.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type ServiceCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { isUniqueViolation } from '@gatehouse/service-kit/postgres/errors'
import type { Deps } from '../../deps.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import { claimUnprovenEmail } from '../../store/emails.ts'
import { findUserIdByInvitation } from '../../store/users.ts'
import { createAccount } from './create-account.ts'
import type { Requester } from '../requester.ts'
import { preparePassword } from '../passwords/prepare-password.ts'
import { activateAccount } from './activate-account.ts'

type InvitedDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'estimateStrength'>
type Invited = { invitationId: string; email: string; name: string; password: string; requester: Requester }

/** The person's id. @throws AppError `conflict`, `weak_password`, `unavailable` */
export async function createInvitedUser(deps: InvitedDeps, caller: ServiceCaller, input: Invited): Promise<string> {
  const { invitationId, email: address, name, password, requester } = input
  const known = await findUserIdByInvitation(deps.system, invitationId)
  if (known !== undefined) return known
  const phc = await preparePassword(deps, { password, name, address }, requester)
  const person = { address, name, phc, invitationId, actor: actorOf(caller) }
  const created = await deps.spine
    .write({}, async (tx) => (await openOrTakeOver(tx, person)) ?? findUserIdByInvitation(tx, invitationId), {
      db: 'system',
    })
    .catch((err: unknown) => {
      // The same invitation at the same moment with another address: the first one stands.
      if (isUniqueViolation(err, 'users_invitation_id_key')) return findUserIdByInvitation(deps.system, invitationId)
      throw err
    })
  if (created === undefined) throw problem('conflict', { detail: 'The address belongs to somebody already.' })
  return created
}

type NewPerson = { address: string; name: string; phc: string; invitationId: string; actor: Actor }

/** The person's id; undefined, with nothing written, when somebody has proven the address. */
async function openOrTakeOver(tx: Tx, person: NewPerson): Promise<string | undefined> {
  const userId = newId('user')
  if (await createAccount(tx, { userId, via: 'invitation', ...person })) return userId
  const unproven = await claimUnprovenEmail(tx, normalizedAddressOf(person.address))
  if (unproven)
    await activateAccount(tx, { ...person, userId: unproven.userId, by: { invitationId: person.invitationId } })
  return unproven?.userId
}
