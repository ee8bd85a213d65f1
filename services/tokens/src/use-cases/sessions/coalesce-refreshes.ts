/**
 * Many requests with the same refresh token at once (a browser with twenty tabs) become few transactions: those that
 * arrive while one is under way share the next, which begins after each of them asked. The database still decides; this
 * only keeps its connections free.
 */
import { createHash } from 'node:crypto'
import type { Authenticated } from '@gatehouse/contracts/http/identity/sign-in'
import { coalesce } from '@gatehouse/service-kit/concurrency/coalesce'
import type { Deps } from '../../deps.ts'
import { presenterOf, type Refresh, refreshSession } from './refresh-session.ts'

export type CoalescedRefresh = (refresh: Omit<Refresh, 'waitedMs'>) => Promise<Authenticated>

type Group = { run: () => Promise<Authenticated>; waiting: number; firstAskedAtMs: number | undefined }

export function createCoalescedRefresh(
  deps: Parameters<typeof refreshSession>[0] & Pick<Deps, 'clock'>,
): CoalescedRefresh {
  const groups = new Map<string, Group>()

  const openGroup = (refresh: Omit<Refresh, 'waitedMs'>): Group => {
    const group: Group = {
      waiting: 0,
      firstAskedAtMs: undefined,
      run: coalesce(async () => {
        const askedAtMs = group.firstAskedAtMs ?? deps.clock.monotonicMs()
        group.firstAskedAtMs = undefined
        return await refreshSession(deps, { ...refresh, waitedMs: () => deps.clock.monotonicMs() - askedAtMs })
      }),
    }
    return group
  }

  return async (refresh) => {
    const key = keyOf(refresh)
    const group = groups.get(key) ?? openGroup(refresh)
    groups.set(key, group)
    group.waiting += 1
    group.firstAskedAtMs ??= deps.clock.monotonicMs()
    try {
      return await group.run()
    } finally {
      group.waiting -= 1
      if (group.waiting === 0) groups.delete(key)
    }
  }
}

/**
 * Requests with the same secret, client, organization and presenter get the same answer. The key is a hash, so that no
 * map keeps secrets.
 */
const keyOf = ({ presented, clientId, ask, ...from }: Omit<Refresh, 'waitedMs'>): string =>
  createHash('sha256')
    .update(JSON.stringify([presented, clientId, ask, presenterOf(from)]))
    .digest('base64url')
