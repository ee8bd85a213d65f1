/** Changing one's address. */
import { deviceHeader } from '@gatehouse/contracts/common/services'
import {
  ConfirmAddressChange,
  RequestAddressChange,
  UndoAddressChange,
} from '@gatehouse/contracts/http/identity/address-change'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { requestAddressChange } from '../use-cases/addresses/request-address-change.ts'
import { confirmAddressChange, undoAddressChange } from '../use-cases/addresses/settle-address-change.ts'
import { headerOf, requesterOf } from './requester.ts'

export function addressRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, RequestAddressChange, async ({ caller, body, request }) => {
    const wanted = { email: body.email, password: body.current_password, deviceToken: headerOf(request, deviceHeader) }
    await requestAddressChange(deps, caller, wanted, requesterOf(request))
    return { status: 'accepted' as const }
  })
  bindRoute(app, ConfirmAddressChange, ({ body }) => confirmAddressChange(deps, body))
  bindRoute(app, UndoAddressChange, ({ body }) => undoAddressChange(deps, body))
}
