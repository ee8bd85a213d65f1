/** Invitations. */
import {
  AcceptInvitation,
  CreateInvitation,
  DeclineInvitation,
  ListInvitations,
  RevokeInvitation,
} from '@gatehouse/contracts/http/orgs/invitations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { acceptInvitation } from '../use-cases/accept-invitation.ts'
import { createInvitation } from '../use-cases/create-invitation.ts'
import { declineInvitation } from '../use-cases/decline-invitation.ts'
import { listInvitations } from '../use-cases/list-invitations.ts'
import { revokeInvitation } from '../use-cases/revoke-invitation.ts'
import { pageInput } from './page-input.ts'

export function invitationsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateInvitation, ({ caller, body }) => createInvitation(deps, caller, body))
  bindRoute(app, ListInvitations, ({ caller, query }) => listInvitations(deps, caller, pageInput(query)))
  bindRoute(app, RevokeInvitation, ({ caller, params }) =>
    revokeInvitation(deps, caller, { invitationId: params.invitation }),
  )
  bindRoute(app, AcceptInvitation, ({ caller, body }) => acceptInvitation(deps, caller, body))
  bindRoute(app, DeclineInvitation, ({ caller, body }) => declineInvitation(deps, caller, body))
}
