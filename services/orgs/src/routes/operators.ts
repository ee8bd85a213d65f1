/** What operators of the platform do with organizations. */
import {
  GetManagedOrganization,
  ListOrganizations,
  RestoreOrganization,
  SuspendOrganization,
} from '@gatehouse/contracts/http/orgs/operators'
import { ImportMemberships } from '@gatehouse/contracts/http/orgs/membership-imports'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { importMemberships } from '../use-cases/import-memberships.ts'
import { getManagedOrganization, listOrganizations, setOrganizationStatus } from '../use-cases/operate-organizations.ts'

export function operatorsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListOrganizations, ({ caller, query }) => listOrganizations(deps, caller, query))
  bindRoute(app, ImportMemberships, ({ caller, body }) => importMemberships(deps, caller, body))
  bindRoute(app, GetManagedOrganization, ({ caller, params }) =>
    getManagedOrganization(deps, caller, params.organization),
  )
  bindRoute(app, SuspendOrganization, ({ caller, params, body }) =>
    setOrganizationStatus(deps, caller, { id: params.organization, status: 'suspended', reason: body.reason }),
  )
  bindRoute(app, RestoreOrganization, ({ caller, params, body }) =>
    setOrganizationStatus(deps, caller, { id: params.organization, status: 'active', reason: body.reason }),
  )
}
