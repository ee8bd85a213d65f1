/** What devices ask for, for pages alone: the person is named by their access token. */
import {
  FindDeviceAuthorization,
  SettleDeviceAuthorization,
  ShowDeviceAuthorization,
} from '@gatehouse/contracts/http/tokens/device-authorizations'
import type { ServiceCaller, UserCaller } from '@gatehouse/access/callers/caller'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import {
  findDeviceAuthorization,
  settleDeviceAuthorization,
  showDeviceAuthorization,
} from '../use-cases/oauth/device-authorizations.ts'

export function deviceAuthorizationsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, FindDeviceAuthorization, ({ caller, body }) =>
    findDeviceAuthorization(deps, personOf(caller), body.user_code),
  )
  bindRoute(app, ShowDeviceAuthorization, ({ caller, params }) =>
    showDeviceAuthorization(deps, personOf(caller), params.device_authorization),
  )
  bindRoute(app, SettleDeviceAuthorization, ({ caller, params, body }) =>
    settleDeviceAuthorization(deps, personOf(caller), {
      id: params.device_authorization,
      decision: body.decision,
      organizationId: body.organization_id,
    }),
  )
}

/** @throws AppError `unauthenticated` */
function personOf({ user }: ServiceCaller): UserCaller {
  if (user?.kind !== 'user') throw problem('unauthenticated')
  return user
}
