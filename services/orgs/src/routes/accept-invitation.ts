/** POST /v1/invitations/accept */
import { AcceptInvitation } from '@gatehouse/contracts/http/orgs/invitations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { acceptInvitation } from '../use-cases/accept-invitation.ts'

export const registerAcceptInvitation = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, AcceptInvitation, ({ caller, body }) => acceptInvitation(deps, caller, body))
