/**
 * Whether a client's session counts now. Who has been disabled is known from identity: while that cannot be proven
 * current, the answer is neither yes nor no.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { findLiveChild, type LiveChild } from '../../store/child-sessions.ts'

/** @throws AppError `not_current` */
export async function liveChild(
  { system, following: { identity } }: Pick<Deps, 'system' | 'following'>,
  sessionId: string,
): Promise<LiveChild | undefined> {
  identity.requireFresh()
  const child = await findLiveChild(system, sessionId)
  if (child !== undefined && identity.isParked(child.userId))
    throw problem('not_current', { internal: `events about ${child.userId} are parked`, retryAfterSeconds: 5 })
  return child
}
