/** What workers ask when a mail is due. */
import { MintInvitationLink } from '@gatehouse/contracts/http/orgs/invitations'
import { GetOrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { mintInvitationLink } from '../use-cases/mint-invitation-link.ts'
import { organizationBrand } from '../use-cases/organization-brand.ts'

export function neighbourRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, MintInvitationLink, ({ params }) => mintInvitationLink(deps, { invitationId: params.invitation }))
  bindRoute(app, GetOrganizationBrand, ({ params }) => organizationBrand(deps, { orgId: params.organization }))
}
