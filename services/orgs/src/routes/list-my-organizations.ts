/** GET /v1/me/organizations */
import { ListMyOrganizations } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listMyOrganizations } from '../use-cases/list-my-organizations.ts'
import { pageInput } from './page-input.ts'

export const registerListMyOrganizations = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListMyOrganizations, ({ caller, query }) => listMyOrganizations(deps, caller, pageInput(query)))
