/**
 * Operators see the signing keys, rotate them with an overlap, and void one in an emergency. Who wins is settled under
 * the lock of the keys, which the scheduled rotation takes as well.
 */
import { SigningKeyVoided } from '@gatehouse/contracts/events/tokens/signing-key'
import type { SigningKey } from '@gatehouse/contracts/http/tokens/signing-keys'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { makeSigningKey, type StoredSigningKey } from '../../crypto/key-ring.ts'
import type { Deps } from '../../deps.ts'
import { permissions, type Permission } from '../../domain/permissions.ts'
import { rotationOf, type SigningAlg, statusOf } from '../../domain/signing-key-plan.ts'
import { listSigningKeys, lockSigningKeys, retireSigningKeys, voidSigningKey } from '../../store/signing-keys.ts'
import { type KeyDeps, keepSigningKeys, keepNewKey, loadKeyRing, ofAlg } from './keep-signing-keys.ts'

type ManagingDeps = KeyDeps & Pick<Deps, 'clients'>

/** @throws AppError `forbidden` */
export async function listManagedKeys(deps: ManagingDeps, caller: UserCaller): Promise<{ data: SigningKey[] }> {
  await requirePermission(deps, caller, permissions.readKeys)
  const { keys, now } = await listSigningKeys(deps.system)
  return { data: keys.map((key) => viewOf(key, now)) }
}

/** @throws AppError `forbidden`, `conflict` while a next key is announced */
export async function rotateSigningKey(
  deps: ManagingDeps,
  caller: UserCaller,
  { alg, reason }: { alg: SigningAlg; reason: string },
): Promise<SigningKey> {
  await requirePermission(deps, caller, permissions.rotateKeys)
  const kid = newId('key')
  const made = await makeSigningKey(deps.envelope, { kid, alg })
  const rotated = await deps.spine.write(
    {},
    async (tx) => {
      await lockSigningKeys(tx)
      const { keys, now } = await listSigningKeys(tx)
      const rotation = rotationOf(ofAlg(keys, alg), now)
      if (rotation === undefined) return undefined
      await retireSigningKeys(tx, { alg, before: rotation.before })
      const key = { id: kid, ...made, ...rotation.next }
      await keepNewKey(tx, key, { actor: actorOf(caller), reason })
      return viewOf(key, now)
    },
    { db: 'system' },
  )
  if (rotated === undefined)
    throw problem('conflict', { detail: 'The next key of this algorithm is announced already.' })
  await loadKeyRing(deps)
  return rotated
}

/** The answer is given once the void was announced. @throws AppError `forbidden`, `not_found` */
export async function voidKey(
  deps: ManagingDeps,
  caller: UserCaller,
  { kid, reason }: { kid: string; reason: string },
): Promise<void> {
  await requirePermission(deps, caller, permissions.voidKeys)
  const outcome = await deps.spine.write(
    {},
    async (tx) => {
      await lockSigningKeys(tx)
      const voided = await voidSigningKey(tx, kid)
      if (voided === 'voided')
        await appendEvent(tx, {
          contract: SigningKeyVoided,
          aggregateType: 'signing_key',
          aggregateId: kid,
          version: 2,
          actor: actorOf(caller),
          data: { kid, reason },
        })
      return voided
    },
    { db: 'system', announce: 'await' },
  )
  if (outcome === 'unknown') throw problem('not_found')
  await keepSigningKeys(deps)
}

async function requirePermission({ clients }: ManagingDeps, caller: UserCaller, permission: Permission): Promise<void> {
  requireAllowed(await clients.authz.decideOnPlatform(caller, permission), caller, permission)
}

const viewOf = (key: StoredSigningKey, now: Date): SigningKey => ({
  id: key.id,
  alg: key.alg,
  status: statusOf(key, now),
  publish_from: key.publishFrom.toISOString(),
  sign_from: key.signFrom.toISOString(),
  sign_until: key.signUntil.toISOString(),
  publish_until: key.publishUntil.toISOString(),
  voided_at: key.voidedAt?.toISOString() ?? null,
})
