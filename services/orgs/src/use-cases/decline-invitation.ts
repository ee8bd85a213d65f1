/** Declines an invitation: whoever holds the link may say no. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type Caller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../deps.ts'
import { claimInvitation } from '../store/invitations.ts'
import { announceInvitationDeclined } from './announce.ts'
import { getInvitationByToken } from './get-invitation-by-token.ts'

/** @throws AppError `invalid_token` */
export async function declineInvitation(
  deps: Pick<Deps, 'spine' | 'system'>,
  caller: Caller,
  input: { token: string },
): Promise<void> {
  const { invitation } = await getInvitationByToken(deps, input.token)
  const declined = await deps.spine.write(
    { orgId: invitation.orgId },
    async (tx) => {
      const row = await claimInvitation(tx, { id: invitation.id, answer: 'declined' })
      if (row) await announceInvitationDeclined(tx, row, actorOf(caller))
      return row
    },
    { db: 'system' },
  )
  if (!declined) throw problem('invalid_token')
}
