/** `POST /internal/users` */
import { CreateInvitedUser } from '@gatehouse/contracts/http/identity/internal'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createInvitedUser } from '../use-cases/create-invited-user.ts'
import { sourceOfRequest } from './source.ts'

export function registerCreateInvitedUser(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateInvitedUser, async ({ caller, body }) => {
    const { invitation_id: invitationId, ...person } = body
    return { user_id: await createInvitedUser(deps, caller, { ...person, invitationId, source: sourceOfRequest() }) }
  })
}
