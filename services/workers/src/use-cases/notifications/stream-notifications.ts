/**
 * One's notifications as they come, as server-sent events. `Last-Event-ID` is the notification a listener has; what was
 * told after it comes first. When that one is not kept any more, `reset` says to read the list anew.
 */
import type { Readable } from 'node:stream'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { localeOf } from '../../mails/locale.ts'
import { findPlace } from '../../store/notifications.ts'
import { onWire } from './read-notifications.ts'

/** Until a browser that lost the connection comes back. */
const retryMs = 2000

/** @throws AppError `unavailable` */
export async function streamNotifications(
  { db, mailLocale, notificationFeed }: Pick<Deps, 'db' | 'mailLocale' | 'notificationFeed'>,
  { userId }: UserCaller,
  o: { lastEventId: string | undefined; locale: string | undefined },
): Promise<Readable> {
  const lastId = isTypeId('ntf', o.lastEventId) ? o.lastEventId : undefined
  const { last, newest } = await readInScope(db, { userId }, (tx) => findPlace(tx, { userId, lastId }))
  const isLost = o.lastEventId !== undefined && o.lastEventId !== '' && last === null
  const locale = localeOf(o.locale) ?? mailLocale
  return notificationFeed.listen({
    userId,
    seq: last ?? newest,
    opening: `retry: ${retryMs}\n${isLost ? 'event: reset\ndata: {}\n' : ''}\n`,
    write: (row) => `id: ${row.id}\nevent: notification\ndata: ${JSON.stringify(onWire(row, locale))}\n\n`,
  })
}
