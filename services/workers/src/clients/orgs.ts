/** What workers asks orgs: the link of an invitation mail. */
import type { Static } from 'typebox'
import { MintInvitationLink } from '@gatehouse/contracts/http/orgs/invitations'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type OrgsClient = {
  /** A fresh secret for this mail; null when the invitation is not open any more. */
  mintInvitationLink(invitationId: string): Promise<Static<typeof MintInvitationLink.success.body>['mail']>
}

export const createOrgsClient = (http: ServiceClient): OrgsClient => ({
  async mintInvitationLink(invitationId) {
    const { mail } = await http.call(MintInvitationLink, { params: { invitation: invitationId } })
    return mail
  },
})
