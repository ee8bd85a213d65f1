/**
 * Operators disable a person, let them in again, or end their sessions. The answer is given once the event was
 * announced, so that 204 acknowledges the revocation. What is so already stays so, unannounced.
 */
import { UserDisabled, UserEnabled, UserSignedOut } from '@gatehouse/contracts/events/identity/user'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { permissions, type Permission } from '../../domain/permissions.ts'
import { disableUser, enableUser, signOutUser, type Change } from '../../store/managed-users.ts'
import { deleteOpenChange } from '../../store/address-changes.ts'
import { deleteResetsOf } from '../../store/password-resets.ts'
import { endOpenSignIns } from '../../store/sign-in-transactions.ts'
import { requirePermission } from './require-permission.ts'

type OperatorDeps = Pick<Deps, 'clients' | 'spine'>
export type Ordered = { userId: string; reason: string }

/** @throws AppError `forbidden`, `not_found`, `conflict` for oneself: somebody has to be left who can undo it */
export async function suspendUser(deps: OperatorDeps, caller: UserCaller, ordered: Ordered): Promise<void> {
  const { userId, reason } = ordered
  await carryOut(deps, caller, ordered, {
    permission: permissions.suspendUsers,
    isForOthersOnly: true,
    change: disableUser,
    async follow(tx, version) {
      await endWaiting(tx, userId)
      const data = { user_id: userId, min_uv: version, reason }
      await appendEvent(tx, { ...eventAbout(userId, version, caller), contract: UserDisabled, data })
    },
  })
}

/** @throws AppError `forbidden`, `not_found` */
export async function restoreUser(deps: OperatorDeps, caller: UserCaller, ordered: Ordered): Promise<void> {
  const { userId, reason } = ordered
  await carryOut(deps, caller, ordered, {
    permission: permissions.suspendUsers,
    change: enableUser,
    follow: (tx, version) =>
      appendEvent(tx, {
        ...eventAbout(userId, version, caller),
        contract: UserEnabled,
        data: { user_id: userId, reason },
      }),
  })
}

/** @throws AppError `forbidden`, `not_found` */
export async function endUserSessions(deps: OperatorDeps, caller: UserCaller, ordered: Ordered): Promise<void> {
  const { userId, reason } = ordered
  await carryOut(deps, caller, ordered, {
    permission: permissions.endSessions,
    change: signOutUser,
    async follow(tx, version) {
      await endOpenSignIns(tx, userId)
      const data = { user_id: userId, min_uv: version, reason }
      await appendEvent(tx, { ...eventAbout(userId, version, caller), contract: UserSignedOut, data })
    },
  })
}

type Order = {
  permission: Permission
  isForOthersOnly?: boolean
  change(tx: Tx, userId: string): Promise<Change>
  /** `version`: the new one of the person. */
  follow(tx: Tx, version: number): Promise<void>
}

/**
 * One order of an operator: decided by the policy decision point, done and announced in one transaction. @throws
 * AppError `forbidden`, `not_found`, `conflict`
 */
export async function carryOut(
  deps: OperatorDeps,
  caller: UserCaller,
  { userId }: Ordered,
  { permission, isForOthersOnly = false, change, follow }: Order,
): Promise<void> {
  await requirePermission(deps, caller, permission)
  if (isForOthersOnly && userId === caller.userId)
    throw problem('conflict', { detail: 'Nobody does this to themselves: another operator does.' })
  const { kind } = await deps.spine.write(
    {},
    async (tx) => {
      const done = await change(tx, userId)
      if (done.kind === 'changed') await follow(tx, done.version)
      return done
    },
    { db: 'system', announce: 'await' },
  )
  if (kind === 'unknown') throw problem('not_found')
}

async function endWaiting(tx: Tx, userId: string): Promise<void> {
  await deleteResetsOf(tx, userId)
  await deleteOpenChange(tx, userId)
  await endOpenSignIns(tx, userId)
}

export const eventAbout = (userId: string, version: number, caller: UserCaller) => ({
  aggregateType: 'user',
  aggregateId: userId,
  version,
  userId,
  actor: actorOf(caller),
})
