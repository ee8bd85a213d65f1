/** What workers asks orgs: the link of an invitation mail. */
import type { Static } from 'typebox'
import { NameOrganization } from '@gatehouse/contracts/http/orgs/organizations'
import { MintInvitationLink } from '@gatehouse/contracts/http/orgs/invitations'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type OrgsClient = {
  /** A fresh secret for this mail; null when the invitation is not open any more. */
  mintInvitationLink(invitationId: string): Promise<Static<typeof MintInvitationLink.success.body>['mail']>
  /** Null for an organization that is deleted. */
  nameOfOrganization(organizationId: string): Promise<string | null>
}

export const createOrgsClient = (http: ServiceClient): OrgsClient => ({
  async mintInvitationLink(invitationId) {
    const { mail } = await http.call(MintInvitationLink, { params: { invitation: invitationId } })
    return mail
  },
  async nameOfOrganization(organizationId) {
    const { name } = await http.call(NameOrganization, { params: { organization: organizationId } })
    return name
  },
})
