/** Devices that a person has let be remembered: there a sign-in is not asked for the second factor again. */
import Type, { type Static } from 'typebox'
import { RememberedDeviceId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

const data = Type.Object({ user_id: UserId, remembered_device_id: RememberedDeviceId })

/** The person answered a second factor and let this device be remembered. */
export const DeviceRemembered = { type: 'gatehouse.identity.remembered_device.added.v1', data } as const

/** The person took one back. Those that end with a new password or a changed factor are not announced one by one. */
export const DeviceForgotten = { type: 'gatehouse.identity.remembered_device.removed.v1', data } as const

export type RememberedDeviceEvent = Static<typeof data>

export const rememberedDeviceEvents: readonly EventContract[] = [DeviceRemembered, DeviceForgotten]
