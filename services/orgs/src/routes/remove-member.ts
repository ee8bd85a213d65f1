/** DELETE /v1/organizations/:org/members/:user */
import { RemoveMember } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { removeMember } from '../use-cases/remove-member.ts'

export const registerRemoveMember = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, RemoveMember, ({ caller, params }) => removeMember(deps, caller, { userId: params.user }))
