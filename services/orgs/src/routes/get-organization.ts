/** GET /v1/organizations/:org */
import { GetOrganization } from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getOrganization } from '../use-cases/get-organization.ts'

export const registerGetOrganization = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetOrganization, ({ caller }) => getOrganization(deps, caller))
