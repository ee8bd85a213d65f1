/** GET /v1/organizations/:org/invitations */
import { ListInvitations } from '@gatehouse/contracts/http/orgs/invitations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listInvitations } from '../use-cases/list-invitations.ts'
import { pageInput } from './page-input.ts'

export const registerListInvitations = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListInvitations, ({ caller, query }) => listInvitations(deps, caller, pageInput(query)))
