/** PATCH /v1/organizations/:org */
import { UpdateOrganization } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { updateOrganization } from '../use-cases/update-organization.ts'

export const registerUpdateOrganization = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, UpdateOrganization, ({ caller, body }) => updateOrganization(deps, caller, body))
