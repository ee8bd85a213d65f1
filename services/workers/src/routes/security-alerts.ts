/** Security alerts of an organization, of the platform and of oneself. */
import * as contracts from '@gatehouse/contracts/http/workers/security-alerts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import {
  acknowledgeAlert,
  getAlert,
  listAlerts,
  ofOneself,
  ofOrganization,
  ofPlatform,
  resolveAlert,
  type AlertDeps,
} from '../use-cases/alerts/settle-alerts.ts'

export function securityAlertRoutes(app: FastifyInstance, deps: AlertDeps): void {
  bindRoute(app, contracts.ListSecurityAlerts, async ({ caller, query }) =>
    listAlerts(deps, await ofOrganization(deps, caller, 'read'), query),
  )
  bindRoute(app, contracts.GetSecurityAlert, async ({ caller, params }) =>
    getAlert(deps, await ofOrganization(deps, caller, 'read'), params.alert),
  )
  bindRoute(app, contracts.AcknowledgeSecurityAlert, async ({ caller, params }) =>
    acknowledgeAlert(deps, await ofOrganization(deps, caller, 'write'), params.alert),
  )
  bindRoute(app, contracts.ResolveSecurityAlert, async ({ caller, params, body }) =>
    resolveAlert(deps, await ofOrganization(deps, caller, 'write'), { id: params.alert, ...body }),
  )
  bindRoute(app, contracts.ListPlatformSecurityAlerts, async ({ caller, query }) =>
    listAlerts(deps, await ofPlatform(deps, caller, 'read'), query),
  )
  bindRoute(app, contracts.AcknowledgePlatformSecurityAlert, async ({ caller, params }) =>
    acknowledgeAlert(deps, await ofPlatform(deps, caller, 'write'), params.alert),
  )
  bindRoute(app, contracts.ResolvePlatformSecurityAlert, async ({ caller, params, body }) =>
    resolveAlert(deps, await ofPlatform(deps, caller, 'write'), { id: params.alert, ...body }),
  )
  bindRoute(app, contracts.ListMySecurityAlerts, ({ caller, query }) => listAlerts(deps, ofOneself(caller), query))
  bindRoute(app, contracts.AcknowledgeMySecurityAlert, ({ caller, params }) =>
    acknowledgeAlert(deps, ofOneself(caller), params.alert),
  )
}
