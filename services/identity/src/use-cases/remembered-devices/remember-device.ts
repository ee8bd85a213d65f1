/**
 * Lets a device be remembered with the answer to a second factor, in the transaction of that answer. The secret is
 * given out once and kept as its hash; the browser has one, so a new one takes the place of the one it presented.
 */
import { DeviceRemembered } from '@gatehouse/contracts/events/identity/remembered-device'
import { nameDevice } from '@gatehouse/service-kit/http/name-device'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed, mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { rememberedDevicePrefix } from '../../domain/secret-prefixes.ts'
import { insertRememberedDevice } from '../../store/remembered-devices.ts'

type Remembered = {
  userId: string
  userAgent: string | undefined
  ttlSeconds: number
  replacedHash: Buffer | undefined
}

/** The secret of the device. */
export async function rememberDevice(tx: Tx, { userId, userAgent, ...device }: Remembered): Promise<string> {
  const { secret, hash: secretHash } = mintSecret(rememberedDevicePrefix)
  const id = newId('rmd')
  await insertRememberedDevice(tx, { ...device, id, userId, secretHash, name: nameDevice(userAgent) })
  await appendEvent(tx, {
    contract: DeviceRemembered,
    aggregateType: 'remembered_device',
    aggregateId: id,
    version: 1,
    userId,
    actor: `user:${userId}`,
    data: { user_id: userId, remembered_device_id: id },
  })
  return secret
}

/** What is stored of the secret that a request presents; undefined for what cannot be one. */
export const hashOfRememberedDevice = (secret: string | undefined): Buffer | undefined =>
  secret !== undefined && isWellFormed(rememberedDevicePrefix, secret) ? hashSecret(secret) : undefined
