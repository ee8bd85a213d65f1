/** Mints the secret of one invitation mail at the moment it is sent; only its hash stays here. */
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../deps.ts'
import { invitationSecretPrefix } from '../domain/invitation.ts'
import { findOpenInvitation, insertInvitationSecret } from '../store/invitation-secrets.ts'

export type InvitationMail = { mail: { to: string; organization_name: string; token: string } | null }

/** `mail: null` when the invitation is answered, revoked, expired or unknown: there is nothing to send any more. */
export async function mintInvitationLink(
  deps: Pick<Deps, 'system'>,
  input: { invitationId: string },
): Promise<InvitationMail> {
  const minted = mintSecret(invitationSecretPrefix)
  const open = await inScope(deps.system, {}, async (tx) => {
    const found = await findOpenInvitation(tx, input.invitationId)
    if (found)
      await insertInvitationSecret(tx, {
        hash: minted.hash,
        invitationId: found.invitation.id,
        orgId: found.invitation.orgId,
      })
    return found
  })
  return {
    mail: open ? { to: open.invitation.email, organization_name: open.organization.name, token: minted.secret } : null,
  }
}
