/** What workers ask when a mail is due, and identity when a sign-in asks which organization it is for. */
import { ListOrganizationsToChoose } from '@gatehouse/contracts/http/orgs/internal'
import { MintInvitationLink } from '@gatehouse/contracts/http/orgs/invitations'
import { mostOfferedOrganizations } from '@gatehouse/contracts/http/identity/sign-in'
import { GetOrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listMyOrganizations } from '../use-cases/list-my-organizations.ts'
import { mintInvitationLink } from '../use-cases/mint-invitation-link.ts'
import { organizationBrand } from '../use-cases/organization-brand.ts'

export function neighbourRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, MintInvitationLink, ({ params }) => mintInvitationLink(deps, { invitationId: params.invitation }))
  bindRoute(app, GetOrganizationBrand, ({ params }) => organizationBrand(deps, { orgId: params.organization }))
  bindRoute(app, ListOrganizationsToChoose, async ({ params }) => {
    const { data } = await listMyOrganizations(deps, { userId: params.user }, { limit: mostOfferedOrganizations })
    return { data: data.map(({ id, name, slug, logo_url }) => ({ id, name, slug, logo_url })) }
  })
}
