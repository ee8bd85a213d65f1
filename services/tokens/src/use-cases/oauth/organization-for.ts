/**
 * The organization a person wants a client to act for, if they belong to it. Their session must be live, since what is
 * allowed hangs on it.
 */
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { lockSessionNow } from '../../store/sessions.ts'
import { isRefusedEntry, refusedEntry, untilSure } from '../sessions/read-standing.ts'
import { standingFor } from './standing-for.ts'

/** @throws AppError `token_revoked`, `not_found`, `insufficient_user_authentication`, `not_current` */
export async function organizationFor(
  deps: Pick<Deps, 'db' | 'following' | 'clients'>,
  { userId, sessionId }: Pick<UserCaller, 'userId' | 'sessionId'>,
  organizationId: string | null,
): Promise<string | null> {
  const standing = await untilSure(deps, (polled) =>
    inScope(deps.db, { userId }, async (tx) => {
      const locked = await lockSessionNow(tx, sessionId)
      if (locked?.session.status !== 'active') throw problem('token_revoked')
      const { session, now } = locked
      const atHand = { now, address: currentContext()?.clientAddress }
      return await standingFor(deps, tx, { session, organizationId, atHand, polled })
    }),
  )
  if (isRefusedEntry(standing)) throw refusedEntry(standing)
  if (standing.kind !== 'known') throw problem('not_found', { internal: standing.kind })
  return standing.membership?.organizationId ?? null
}
