/**
 * Many requests with the same refresh token at once (a browser with twenty tabs) become few transactions: those that arrive while one is
 * under way share the next, which begins after each of them asked. The database still decides; this only keeps its connections free.
 */
import { createHash } from 'node:crypto'
import type { Authenticated } from '@gatehouse/contracts/http/identity/sign-in'
import { coalesce } from '@gatehouse/service-kit/concurrency/coalesce'
import type { Deps } from '../deps.ts'
import { presenterOf, type Refresh, refreshSession } from './refresh-session.ts'

export type SharedRefresh = (refresh: Omit<Refresh, 'waitedMs'>) => Promise<Authenticated>

type Lane = { board: () => Promise<Authenticated>; passengers: number; firstAskedAtMs: number | undefined }

export function createSharedRefresh(deps: Parameters<typeof refreshSession>[0] & Pick<Deps, 'clock'>): SharedRefresh {
  const lanes = new Map<string, Lane>()

  const openLane = (refresh: Omit<Refresh, 'waitedMs'>): Lane => {
    const lane: Lane = {
      passengers: 0,
      firstAskedAtMs: undefined,
      board: coalesce(async () => {
        const askedAtMs = lane.firstAskedAtMs ?? deps.clock.monotonicMs()
        lane.firstAskedAtMs = undefined
        return await refreshSession(deps, { ...refresh, waitedMs: () => deps.clock.monotonicMs() - askedAtMs })
      }),
    }
    return lane
  }

  return async (refresh) => {
    const key = keyOf(refresh)
    const lane = lanes.get(key) ?? openLane(refresh)
    lanes.set(key, lane)
    lane.passengers += 1
    lane.firstAskedAtMs ??= deps.clock.monotonicMs()
    try {
      return await lane.board()
    } finally {
      lane.passengers -= 1
      if (lane.passengers === 0) lanes.delete(key)
    }
  }
}

/** Same secret, same client, same wish, same presenter: the same answer. A hash, so that no map keeps secrets. */
const keyOf = ({ presented, clientId, ask, ...from }: Omit<Refresh, 'waitedMs'>): string =>
  createHash('sha256')
    .update(JSON.stringify([presented, clientId, ask, presenterOf(from)]))
    .digest('base64url')
