/** POST /v1/organizations/:org/invitations */
import { CreateInvitation } from '@gatehouse/contracts/http/orgs/invitations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createInvitation } from '../use-cases/create-invitation.ts'

export const registerCreateInvitation = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CreateInvitation, ({ caller, body }) => createInvitation(deps, caller, body))
