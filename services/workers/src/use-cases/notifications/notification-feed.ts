/**
 * What people are told, as it happens, for those who listen. Whichever replica stored a notification: while somebody
 * listens here, one statement a second asks for what is new to any of them. A listener that does not keep up, and all
 * of them when PostgreSQL cannot say, are ended; they come back with the last notification they have.
 */
import { Readable } from 'node:stream'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { listTold, type StoredNotification, type Told } from '../../store/notifications.ts'

type Listener = { userId: string; seq: number; events: Readable; write(notification: StoredNotification): string }

export type NotificationFeed = {
  /**
   * What the person is told after `seq`, as events.
   * @throws AppError `unavailable` when too many listen
   */
  listen(o: Omit<Listener, 'events'> & { opening: string }): Readable
  close(): void
}

const mostListeners = 2000
/** Of one statement; what is left comes with the next. */
const mostAtOnce = 500
/** Events that wait for a listener who is slow. */
const mostWaitingBytes = 256 * 1024

export function createNotificationFeed(o: { system: Db; log: Logger; everyMs?: number }): NotificationFeed {
  const { system, log, everyMs = 1000 } = o
  const listeners = new Set<Listener>()
  let timer: NodeJS.Timeout | undefined

  const end = ({ events }: Listener): void => void events.push(null)
  const look = async (): Promise<void> => {
    try {
      for (const told of await listTold(system, { after: [...farthest(listeners)], limit: mostAtOnce })) tell(told)
    } catch (err) {
      log.warn({ reason: describeFailure(err) }, 'nobody knows what is new: listeners are sent away')
      listeners.forEach(end)
    }
    timer = listeners.size > 0 ? setTimeout(() => void look(), everyMs).unref() : undefined
  }
  const tell = ({ userId, seq, notification }: Told): void => {
    for (const listener of listeners) {
      if (listener.userId !== userId || listener.seq >= seq) continue
      listener.seq = seq
      listener.events.push(listener.write(notification))
      if (listener.events.readableLength > mostWaitingBytes) end(listener)
    }
  }
  return {
    listen({ opening, ...rest }) {
      if (listeners.size >= mostListeners) throw problem('unavailable', { internal: 'too many listen' })
      const events = new Readable({ read: () => undefined })
      const listener = { ...rest, events }
      const leave = (): void => void listeners.delete(listener)
      events.once('end', leave).once('close', leave)
      events.push(opening)
      listeners.add(listener)
      timer ??= setTimeout(() => void look(), 0).unref()
      return events
    },
    close() {
      clearTimeout(timer)
      listeners.forEach(end)
    },
  }
}

/** Of each person, the place of the listener who has the least. */
function farthest(listeners: Iterable<Listener>): Map<string, number> {
  const places = new Map<string, number>()
  for (const { userId, seq } of listeners) places.set(userId, Math.min(seq, places.get(userId) ?? seq))
  return places
}
