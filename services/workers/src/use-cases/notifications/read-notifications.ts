/** What a person was told, and that they have read it. Needs no right: it is theirs. */
import type { Notification, NotificationPage } from '@gatehouse/contracts/http/workers/notifications'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { localeOf, type Locale } from '../../mails/locale.ts'
import { titleOf } from '../../notices/titles.ts'
import * as store from '../../store/notifications.ts'

type ReadDeps = Pick<Deps, 'db' | 'mailLocale'>
type Query = { limit?: number; cursor?: string; unread?: boolean; locale?: string }

/** @throws AppError `invalid_cursor` */
export async function listNotifications(
  { db, mailLocale }: ReadDeps,
  { userId }: UserCaller,
  query: Query,
): Promise<NotificationPage> {
  const [before] = decodeCursor(query.cursor, 1, ([id]) => isTypeId('ntf', id)) ?? []
  const { limit = 50, unread: isUnread } = query
  const beforeId = before === undefined ? undefined : String(before)
  const found = await inScope(db, { userId }, async (tx) => ({
    rows: await store.listNotifications(tx, { userId, limit: limit + 1, beforeId, isUnread }),
    unread: await store.countUnread(tx, userId),
  }))
  const { data, page } = pageOf(found.rows, limit, ({ id }) => [id])
  const locale = localeOf(query.locale) ?? mailLocale
  return { data: data.map((row) => onWire(row, locale)), page, unread_count: found.unread }
}

/** @throws AppError `not_found` */
export async function updateNotification(
  { db, mailLocale }: ReadDeps,
  { userId }: UserCaller,
  o: { id: string; isRead: boolean; locale: string | undefined },
): Promise<Notification> {
  const updated = await inScope(db, { userId }, (tx) => store.setRead(tx, { userId, ...o }))
  if (updated === undefined) throw problem('not_found')
  return onWire(updated, localeOf(o.locale) ?? mailLocale)
}

/** @returns how many were unread */
export const readAllNotifications = (
  { db }: Pick<Deps, 'db'>,
  { userId }: UserCaller,
  upToId: string | undefined,
): Promise<number> => inScope(db, { userId }, (tx) => store.readAll(tx, { userId, upToId }))

export function onWire({ id, kind, data, occurredAt, readAt }: store.StoredNotification, locale: Locale): Notification {
  const { organization_id: organizationId = null, ...facts } = data
  return {
    id,
    kind,
    title: titleOf({ kind, data }, locale),
    organization_id: organizationId as string | null,
    data: facts,
    occurred_at: occurredAt,
    read_at: readAt,
  }
}
