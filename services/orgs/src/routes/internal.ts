/** What workers ask when a mail is due. */
import { MintInvitationLink } from '@gatehouse/contracts/http/orgs/invitations'
import { NameOrganization } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { mintInvitationLink } from '../use-cases/mint-invitation-link.ts'
import { nameOrganization } from '../use-cases/name-organization.ts'

export function neighbourRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, MintInvitationLink, ({ params }) => mintInvitationLink(deps, { invitationId: params.invitation }))
  bindRoute(app, NameOrganization, ({ params }) => nameOrganization(deps, { orgId: params.organization }))
}
