/** Organizations. */
import {
  CreateOrganization,
  DeleteOrganization,
  GetOrganization,
  ListMyOrganizations,
  RestoreOwnOrganization,
  UpdateOrganization,
} from '@gatehouse/contracts/http/orgs/organizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createOrganization } from '../use-cases/create-organization.ts'
import { deleteOrganization, restoreOwnOrganization } from '../use-cases/delete-organization.ts'
import { getOrganization } from '../use-cases/get-organization.ts'
import { listMyOrganizations } from '../use-cases/list-my-organizations.ts'
import { updateOrganization } from '../use-cases/update-organization.ts'
import { pageInput } from './page-input.ts'

export function organizationsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateOrganization, ({ caller, body }) => createOrganization(deps, caller, body))
  bindRoute(app, ListMyOrganizations, ({ caller, query }) =>
    listMyOrganizations(deps, caller, { ...pageInput(query), status: query.status }),
  )
  bindRoute(app, GetOrganization, async ({ caller, reply }) => {
    const { organization, version } = await getOrganization(deps, caller)
    sendVersion(reply, version)
    return organization
  })
  bindRoute(app, UpdateOrganization, async ({ caller, body, request, reply }) => {
    const { logo_url: logoUrl, ...rest } = body
    const change = {
      profile: { ...rest, ...(logoUrl === undefined ? {} : { logoUrl }) },
      isExpected: expectedVersion(request),
    }
    const { organization, version } = await updateOrganization(deps, caller, change)
    sendVersion(reply, version)
    return organization
  })
  bindRoute(app, DeleteOrganization, async ({ caller, query }) => ({
    deletion_due_at: (await deleteOrganization(deps, caller, query)).toISOString(),
  }))
  bindRoute(app, RestoreOwnOrganization, ({ caller, params }) =>
    restoreOwnOrganization(deps, caller, { orgId: params.organization }),
  )
}
