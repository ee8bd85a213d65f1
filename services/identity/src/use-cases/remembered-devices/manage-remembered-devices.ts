/** A person's own remembered devices: listed and taken back. */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { DeviceForgotten } from '@gatehouse/contracts/events/identity/remembered-device'
import type { RememberedDevice as DeviceView } from '@gatehouse/contracts/http/identity/remembered-devices'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { deleteRememberedDevice, listRememberedDevices } from '../../store/remembered-devices.ts'
import { hashOfRememberedDevice } from './remember-device.ts'

export async function listMyRememberedDevices(
  { system }: Pick<Deps, 'system'>,
  { userId }: UserCaller,
  presented: string | undefined,
): Promise<{ data: DeviceView[] }> {
  const hash = hashOfRememberedDevice(presented)
  const devices = await listRememberedDevices(system, userId)
  return {
    data: devices.map(({ id, secretHash, name, createdAt, lastUsedAt, expiresAt }) => ({
      id,
      current: hash !== undefined && secretHash.equals(hash),
      name,
      created_at: createdAt.toISOString(),
      last_used_at: lastUsedAt.toISOString(),
      expires_at: expiresAt.toISOString(),
    })),
  }
}

/** @throws AppError `not_found` */
export async function forgetMyRememberedDevice(
  { spine }: Pick<Deps, 'spine'>,
  caller: UserCaller,
  id: string,
): Promise<void> {
  const { userId } = caller
  const isForgotten = await spine.write(
    {},
    async (tx) => {
      if (!(await deleteRememberedDevice(tx, { userId, id }))) return false
      await appendEvent(tx, {
        contract: DeviceForgotten,
        aggregateType: 'remembered_device',
        aggregateId: id,
        version: 2,
        userId,
        actor: actorOf(caller),
        data: { user_id: userId, remembered_device_id: id },
      })
      return true
    },
    { db: 'system' },
  )
  if (!isForgotten) throw problem('not_found')
}
