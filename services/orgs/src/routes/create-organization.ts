/** POST /v1/organizations */
import { CreateOrganization } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createOrganization } from '../use-cases/create-organization.ts'

export const registerCreateOrganization = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CreateOrganization, ({ caller, body }) => createOrganization(deps, caller, body))
