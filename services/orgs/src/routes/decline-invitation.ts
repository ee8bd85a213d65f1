/** POST /v1/invitations/decline */
import { DeclineInvitation } from '@gatehouse/contracts/http/orgs/invitations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { declineInvitation } from '../use-cases/decline-invitation.ts'

export const registerDeclineInvitation = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeclineInvitation, ({ caller, body }) => declineInvitation(deps, caller, body))
