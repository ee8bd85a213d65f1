/** What workers asks orgs: the link of an invitation mail, and how an organization is named and drawn. */
import type { Static } from 'typebox'
import { GetOrganizationBrand, type OrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'
import { MintInvitationLink } from '@gatehouse/contracts/http/orgs/invitations'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type OrgsClient = {
  /** A fresh secret for this mail; null when the invitation is not open any more. */
  mintInvitationLink(invitationId: string): Promise<Static<typeof MintInvitationLink.success.body>['mail']>
  /** Null for an organization that is deleted. */
  brandOf(organizationId: string): Promise<OrganizationBrand | null>
}

export const createOrgsClient = (http: ServiceClient): OrgsClient => ({
  async mintInvitationLink(invitationId) {
    const { mail } = await http.call(MintInvitationLink, { params: { invitation: invitationId } })
    return mail
  },
  async brandOf(organizationId) {
    const { brand } = await http.call(GetOrganizationBrand, { params: { organization: organizationId } })
    return brand
  },
})
