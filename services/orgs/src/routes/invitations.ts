/** Invitations. */
import {
  AcceptInvitation,
  CreateInvitation,
  CreateInvitations,
  DeclineInvitation,
  ListInvitations,
  ResendInvitation,
  RevokeInvitation,
} from '@gatehouse/contracts/http/orgs/invitations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { invitationLifetimeDays } from '../domain/invitation.ts'
import { acceptInvitation } from '../use-cases/accept-invitation.ts'
import { createInvitation } from '../use-cases/create-invitation.ts'
import { createInvitations } from '../use-cases/create-invitations.ts'
import { declineInvitation } from '../use-cases/decline-invitation.ts'
import { listInvitations } from '../use-cases/list-invitations.ts'
import { resendInvitation } from '../use-cases/resend-invitation.ts'
import { revokeInvitation } from '../use-cases/revoke-invitation.ts'
import { pageInput } from './page-input.ts'

export function invitationsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateInvitation, ({ caller, body }) =>
    createInvitation(deps, caller, { ...body, lifetimeDays: body.expires_in_days ?? invitationLifetimeDays }),
  )
  bindRoute(app, CreateInvitations, ({ caller, body: { invitations, expires_in_days: days } }) =>
    createInvitations(deps, caller, { invitations, lifetimeDays: days ?? invitationLifetimeDays }),
  )
  bindRoute(app, ResendInvitation, ({ caller, params }) => resendInvitation(deps, caller, { id: params.invitation }))
  bindRoute(app, ListInvitations, ({ caller, query }) =>
    listInvitations(deps, caller, { ...query, ...pageInput(query) }),
  )
  bindRoute(app, RevokeInvitation, ({ caller, params }) =>
    revokeInvitation(deps, caller, { invitationId: params.invitation }),
  )
  bindRoute(app, AcceptInvitation, ({ caller, body }) => acceptInvitation(deps, caller, body))
  bindRoute(app, DeclineInvitation, ({ caller, body }) => declineInvitation(deps, caller, body))
}
