/** Devices of the signed-in person that are spared the second factor. */
import { rememberedDeviceHeader } from '@gatehouse/contracts/common/services'
import {
  ForgetMyRememberedDevice,
  ListMyRememberedDevices,
} from '@gatehouse/contracts/http/identity/remembered-devices'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import {
  forgetMyRememberedDevice,
  listMyRememberedDevices,
} from '../use-cases/remembered-devices/manage-remembered-devices.ts'
import { headerOf } from './requester.ts'

export function rememberedDeviceRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListMyRememberedDevices, ({ caller, request }) =>
    listMyRememberedDevices(deps, caller, headerOf(request, rememberedDeviceHeader)),
  )
  bindRoute(app, ForgetMyRememberedDevice, ({ caller, params }) =>
    forgetMyRememberedDevice(deps, caller, params.device),
  )
}
