/** Takes a pending invitation back; every link of it is worthless afterwards. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { claimRevocation, findInvitation } from '../store/invitations.ts'
import { announceInvitationRevoked } from './announce.ts'
import { requirePermission } from './require-permission.ts'

/** @throws AppError `forbidden`, `not_found`, `conflict` when it was answered, revoked or replaced before. */
export async function revokeInvitation(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  input: { invitationId: string },
): Promise<void> {
  const invitation = { orgId: caller.orgId, id: input.invitationId }
  await requirePermission(deps, caller, permissions.inviteMembers)
  const { revoked, settled } = await deps.spine.write({ orgId: caller.orgId }, async (tx) => {
    const revoked = await claimRevocation(tx, invitation)
    if (revoked) await announceInvitationRevoked(tx, revoked, actorOf(caller))
    return { revoked, settled: revoked ? undefined : await findInvitation(tx, invitation) }
  })
  if (settled) throw problem('conflict', { detail: `The invitation is ${settled.status}.` })
  if (!revoked) throw problem('not_found')
}
