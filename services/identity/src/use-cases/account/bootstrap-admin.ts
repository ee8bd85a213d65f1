/**
 * The first platform administrator, named by the operator's configuration. Exactly one account ever comes of it,
 * whichever replica is first and however often the platform starts. An address somebody registered before is left
 * alone: configuration must not hand out their account.
 */
import { PlatformAdminBootstrapped } from '@gatehouse/contracts/events/identity/user'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { claimBootstrap, isBootstrapped } from '../../store/bootstrap.ts'
import { createAccount } from './create-account.ts'
import { preparePassword } from '../passwords/prepare-password.ts'

type BootstrapDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'estimateStrength'>

export type BootstrapOutcome = { kind: 'created'; userId: string } | { kind: 'exists' } | { kind: 'address_taken' }

/** @throws AppError `weak_password` when the configured password would be refused from anybody else */
export async function bootstrapAdmin(
  deps: BootstrapDeps,
  { email, password }: { email: string; password: string },
): Promise<BootstrapOutcome> {
  if (await isBootstrapped(deps.system)) return { kind: 'exists' }
  const name = 'Administrator'
  const phc = await preparePassword(deps, { password, name, address: email }, { networks: ['bootstrap'] })
  const userId = newId('user')
  const refusal = new Error('The address is taken')
  return deps.spine
    .write({}, (tx): Promise<BootstrapOutcome> => createAdmin(tx, { userId, address: email, name, phc, refusal }), {
      db: 'system',
    })
    .catch((err: unknown): BootstrapOutcome => {
      if (err === refusal) return { kind: 'address_taken' }
      throw err
    })
}

type Admin = { userId: string; address: string; name: string; phc: string; refusal: Error }

async function createAdmin(tx: Tx, { refusal, ...admin }: Admin): Promise<BootstrapOutcome> {
  const { userId } = admin
  if (!(await claimBootstrap(tx, userId))) return { kind: 'exists' }
  // The marker was written for nobody: roll it back.
  if (!(await createAccount(tx, { ...admin, via: 'bootstrap', actor: 'system' }))) throw refusal
  await appendEvent(tx, {
    contract: PlatformAdminBootstrapped,
    aggregateType: 'platform_admin',
    aggregateId: userId,
    version: 1,
    userId,
    actor: 'system',
    data: { user_id: userId },
  })
  return { kind: 'created', userId }
}
