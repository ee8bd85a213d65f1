/** Organizations. */
import {
  CreateOrganization,
  GetOrganization,
  ListMyOrganizations,
  UpdateOrganization,
} from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createOrganization } from '../use-cases/create-organization.ts'
import { getOrganization } from '../use-cases/get-organization.ts'
import { listMyOrganizations } from '../use-cases/list-my-organizations.ts'
import { updateOrganization } from '../use-cases/update-organization.ts'
import { pageInput } from './page-input.ts'

export function organizationsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateOrganization, ({ caller, body }) => createOrganization(deps, caller, body))
  bindRoute(app, ListMyOrganizations, ({ caller, query }) => listMyOrganizations(deps, caller, pageInput(query)))
  bindRoute(app, GetOrganization, ({ caller }) => getOrganization(deps, caller))
  bindRoute(app, UpdateOrganization, ({ caller, body }) => updateOrganization(deps, caller, body))
}
