/** What workers ask when a mail is due. */
import { MintInvitationLink } from '@gatehouse/contracts/http/orgs/invitations'
import { NameOrganization } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { findOrganization } from '../store/organizations.ts'
import { mintInvitationLink } from '../use-cases/mint-invitation-link.ts'

export function neighbourRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, MintInvitationLink, ({ params }) => mintInvitationLink(deps, { invitationId: params.invitation }))
  bindRoute(app, NameOrganization, async ({ params }) => ({
    name: (await findOrganization(deps.system, params.organization))?.name ?? null,
  }))
}
