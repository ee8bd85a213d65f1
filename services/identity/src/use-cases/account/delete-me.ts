/**
 * A person has themselves erased. It takes a recent sign-in, of whoever has a second factor with it, and it happens
 * after a grace: a mail tells the person, everything goes on working, and one request takes it back. So an open session
 * in other hands erases nobody unnoticed.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { UserDeletionRequested, UserDeletionUndone, UserErased } from '@gatehouse/contracts/events/identity/user'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { hasSecondFactor } from '../../domain/sign-in/steps.ts'
import { claimDeletion, claimUndo, eraseDueUsers, findDeletionDue } from '../../store/erasure.ts'
import { listFactors } from '../../store/factors.ts'
import { enrolledOf } from '../factors/enrolled.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'

/**
 * When the erasure is due. @throws AppError `insufficient_user_authentication`, `not_found` when the person is gone
 * already
 */
export async function deleteMe(
  deps: Pick<Deps, 'spine' | 'system' | 'clock' | 'settings'>,
  caller: UserCaller,
): Promise<Date> {
  const { userId } = caller
  requireRecentSignIn(deps, caller, { strong: hasSecondFactor(enrolledOf(await listFactors(deps.system, userId))) })
  const dueAt = await deps.spine.write({ userId }, async (tx) => {
    const claimed = await claimDeletion(tx, { userId, graceSeconds: deps.settings.deletionGraceSeconds })
    if (claimed === undefined) return findDeletionDue(tx, userId)
    const data = { user_id: userId, due_at: claimed.dueAt.toISOString() }
    await appendEvent(tx, { ...byThemselves(caller, claimed.version), contract: UserDeletionRequested, data })
    return claimed.dueAt
  })
  if (dueAt === undefined) throw problem('not_found')
  return dueAt
}

export async function undoDeletion({ spine }: Pick<Deps, 'spine'>, caller: UserCaller): Promise<void> {
  const { userId } = caller
  await spine.write({ userId }, async (tx) => {
    const version = await claimUndo(tx, userId)
    if (version === undefined) return
    await appendEvent(tx, {
      ...byThemselves(caller, version),
      contract: UserDeletionUndone,
      data: { user_id: userId },
    })
  })
}

/** Erases those whose grace is over; how many. */
export function eraseDue({ spine }: Pick<Deps, 'spine'>, { limit }: { limit: number }): Promise<number> {
  return spine.write(
    {},
    async (tx) => {
      const erased = await eraseDueUsers(tx, { limit })
      for (const { userId, version } of erased)
        await appendEvent(tx, {
          contract: UserErased,
          aggregateType: 'user',
          aggregateId: userId,
          version,
          userId,
          actor: 'system',
          data: { user_id: userId, min_uv: version, via: 'request' },
        })
      return erased.length
    },
    { db: 'system' },
  )
}

const byThemselves = (caller: UserCaller, version: number) => ({
  aggregateType: 'user',
  aggregateId: caller.userId,
  version,
  userId: caller.userId,
  actor: actorOf(caller),
})
