/** DELETE /v1/organizations/:org/invitations/:invitation */
import { RevokeInvitation } from '@gatehouse/contracts/http/orgs/invitations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { revokeInvitation } from '../use-cases/revoke-invitation.ts'

export const registerRevokeInvitation = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, RevokeInvitation, ({ caller, params }) =>
    revokeInvitation(deps, caller, { invitationId: params.invitation }),
  )
