/** What an organization demands of those who act for it. */
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { GetOrganizationSettings, UpdateOrganizationSettings } from '@gatehouse/contracts/http/orgs/settings'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getSettings, updateSettings } from '../use-cases/settings.ts'

export function settingsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetOrganizationSettings, async ({ caller, reply }) => {
    const { settings, version } = await getSettings(deps, caller)
    sendVersion(reply, version)
    return settings
  })
  bindRoute(app, UpdateOrganizationSettings, async ({ caller, body, request, reply }) => {
    const { mfa, join_requests: takesJoinRequests } = body
    const plain = { ...(takesJoinRequests !== undefined && { takesJoinRequests }) }
    const change = { mfa, plain, isExpected: expectedVersion(request) }
    const { settings, version } = await updateSettings(deps, caller, change)
    sendVersion(reply, version)
    return settings
  })
}
