/** What an organization demands of those who act for it. */
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { GetOrganizationSettings, UpdateOrganizationSettings } from '@gatehouse/contracts/http/orgs/settings'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { type Change, getSettings, updateSettings } from '../use-cases/settings.ts'

type Body = Static<NonNullable<typeof UpdateOrganizationSettings.body>>

type Plain = Change['plain']

/** What the body names that is a column each, by the names of those. */
function plainIn(body: Body): Plain {
  const named: { [column in keyof Plain]: Plain[column] | undefined } = {
    takesJoinRequests: body.join_requests,
    sessionIdleSeconds: body.session_idle_seconds,
    sessionLifetimeSeconds: body.session_lifetime_seconds,
    allowedAddresses: body.allowed_addresses,
    signInMethods: body.sign_in_methods,
    invitationsBy: body.invitations_by,
  }
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as Plain
}

export function settingsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetOrganizationSettings, async ({ caller, reply }) => {
    const { settings, version } = await getSettings(deps, caller)
    sendVersion(reply, version)
    return settings
  })
  bindRoute(app, UpdateOrganizationSettings, async ({ caller, body, query, request, reply }) => {
    const change = {
      mfa: body.mfa,
      mfaRoles: body.mfa_roles,
      plain: plainIn(body),
      isConfirmed: query.confirm === true,
      isExpected: expectedVersion(request),
    }
    const { settings, version } = await updateSettings(deps, caller, change)
    sendVersion(reply, version)
    return settings
  })
}
