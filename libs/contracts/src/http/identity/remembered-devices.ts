/** Devices that are spared the second factor: of the signed-in person, who takes them back. */
import Type, { type Static } from 'typebox'
import { RememberedDeviceId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

export const RememberedDevice = Type.Object({
  id: RememberedDeviceId,
  /** The one that asks, by its `Gatehouse-Remembered-Device`. */
  current: Type.Boolean(),
  /** Browser and system, as far as the user agent told. */
  name: Type.String(),
  created_at: Instant,
  last_used_at: Instant,
  expires_at: Instant,
})
export type RememberedDevice = Static<typeof RememberedDevice>

export const ListMyRememberedDevices = defineRoute({
  operationId: 'listMyRememberedDevices',
  service: 'identity',
  method: 'GET',
  path: '/v1/me/remembered-devices',
  summary: 'The devices that are not asked for one’s second factor, the one used last first.',
  auth: 'user',
  success: {
    status: 200,
    body: Type.Object({ data: Type.Array(RememberedDevice) }),
    description: 'All of them: there are few.',
  },
})

export const ForgetMyRememberedDevice = defineRoute({
  operationId: 'forgetMyRememberedDevice',
  service: 'identity',
  method: 'DELETE',
  path: '/v1/me/remembered-devices/:device',
  summary: 'Have a device asked for the second factor again. Its sessions go on.',
  auth: 'user',
  params: Type.Object({ device: RememberedDeviceId }),
  success: { status: 204, description: 'The next sign-in there asks for the second factor.' },
  problems: ['not_found'],
})

export const rememberedDeviceRoutes = [ListMyRememberedDevices, ForgetMyRememberedDevice] as const
