/** Domains of an organization, and what is offered to people of one. */
import {
  AddDomain,
  JoinOfferedOrganization,
  ListDomains,
  ListOfferedOrganizations,
  RemoveDomain,
  UpdateDomain,
  VerifyDomain,
} from '@gatehouse/contracts/http/orgs/domains'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { verifyDomain } from '../use-cases/domains/check-domains.ts'
import { joinByDomain, listOffered } from '../use-cases/domains/join-by-domain.ts'
import { addDomain, listDomains, removeDomain, updateDomain } from '../use-cases/domains/manage-domains.ts'
import { pageInput } from './page-input.ts'

export function domainsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, AddDomain, ({ caller, body }) => addDomain(deps, caller, body))
  bindRoute(app, ListDomains, ({ caller, query }) => listDomains(deps, caller, pageInput(query)))
  bindRoute(app, VerifyDomain, ({ caller, params }) => verifyDomain(deps, caller, { id: params.domain }))
  bindRoute(app, UpdateDomain, async ({ caller, params, body, request, reply }) => {
    const change = { id: params.domain, ...body, isExpected: expectedVersion(request) }
    const domain = await updateDomain(deps, caller, change)
    sendVersion(reply, domain.version)
    return domain
  })
  bindRoute(app, RemoveDomain, ({ caller, params }) => removeDomain(deps, caller, { id: params.domain }))
  bindRoute(app, ListOfferedOrganizations, async ({ caller }) => ({ data: await listOffered(deps, caller) }))
  bindRoute(app, JoinOfferedOrganization, ({ caller, params }) =>
    joinByDomain(deps, caller, { orgId: params.organization }),
  )
}
