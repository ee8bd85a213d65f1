/** What one was told, and which of it one wants to be told. */
import { AccountNotificationsPage } from '@gatehouse/contracts/http/pages'
import {
  GetNotificationPreferences,
  ListNotifications,
  ReadAllNotifications,
  UpdateNotificationPreferences,
} from '@gatehouse/contracts/http/workers/notifications'
import { requireToken, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { notificationsPage } from '../views/notifications.tsx'
import { boxesOf } from './form-fields.ts'
import { pageQueryOf } from './page-query.ts'

export function notificationRoutes(page: BindPage, deps: Deps): void {
  page(AccountNotificationsPage, { get: (visit) => show(deps, visit), post: (visit) => change(deps, visit) })
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const user = await requireToken(deps, visit)
  const shared = { user, timeoutMs: 4000 }
  const [list, { kinds }] = await Promise.all([
    deps.workers.call(ListNotifications, { ...shared, query: { ...pageQueryOf(visit), locale: visit.language } }),
    deps.workers.call(GetNotificationPreferences, shared),
  ])
  return notificationsPage({ visit, deps }, { notifications: list.data, cursor: list.page.next_cursor, kinds })
}

async function change(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const user = await requireToken(deps, visit)
  const shared = { user, timeoutMs: 4000 }
  const to = AccountNotificationsPage.path
  if (visit.form.get('action') === 'read') {
    await deps.workers.call(ReadAllNotifications, { ...shared, body: {} })
    return done(to, 'doneRead')
  }
  const { kinds } = await deps.workers.call(GetNotificationPreferences, shared)
  const [shown, mailed] = [new Set(boxesOf(visit, 'in_app.')), new Set(boxesOf(visit, 'digest.'))]
  const wanted = kinds.map(({ kind, required }) => ({
    kind,
    digest: mailed.has(kind),
    // What is about the security of the account is always shown.
    ...(!required && { in_app: shown.has(kind) }),
  }))
  await deps.workers.call(UpdateNotificationPreferences, { ...shared, body: { kinds: wanted } })
  return done(to, 'doneSaved')
}
