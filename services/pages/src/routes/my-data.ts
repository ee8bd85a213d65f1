/** What is kept of a person: what happened, a copy of it all, another address, and the end of the account. */
import { RequestAddressChange } from '@gatehouse/contracts/http/identity/address-change'
import { DeleteMe, ExportMyData, UndoMyDeletion } from '@gatehouse/contracts/http/identity/my-data'
import { AccountActivityPage, AccountAddressPage, AccountDataPage } from '@gatehouse/contracts/http/pages'
import { ListMyActivity } from '@gatehouse/contracts/http/workers/audit-events'
import { requireToken, spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { done, redirect, type PageAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { activityPage, addressPage, dataPage } from '../views/my-data.tsx'
import { fieldsOf } from './form-fields.ts'

const eventsOfAPage = 20

export function myDataRoutes(page: BindPage, deps: Deps): void {
  page(AccountActivityPage, {
    get: async (visit) => {
      const user = await requireToken(deps, visit)
      const cursor = visit.query.get('cursor')
      const query = { limit: eventsOfAPage, order: 'desc' as const, ...(cursor && { cursor: cursor.slice(0, 512) }) }
      const { data, page: next } = await deps.workers.call(ListMyActivity, { query, user, timeoutMs: 4000 })
      return activityPage({ visit, deps }, { events: data, cursor: next.next_cursor })
    },
  })
  page(AccountAddressPage, {
    get: async (visit) => {
      await requireToken(deps, visit)
      return addressPage({ visit, deps })
    },
    post: async (visit) => {
      const user = await requireToken(deps, visit)
      const fields = fieldsOf(visit, 'email', 'current_password')
      if (!fields.ok) return fields.answer
      const body = { ...fields.values, email: fields.values.email.trim() }
      await deps.identity.call(RequestAddressChange, { ...spokenFor(visit), body, user })
      return done(AccountAddressPage.path, 'doneAddressMail')
    },
  })
  page(AccountDataPage, {
    get: async (visit) => {
      await requireToken(deps, visit)
      return dataPage({ visit, deps })
    },
    post: (visit) => changeData(deps, visit),
  })
}

async function changeData({ identity, tokens }: Deps, visit: Visit): Promise<PageAnswer> {
  const user = await requireToken({ tokens }, visit)
  const to = AccountDataPage.path
  switch (visit.form.get('action')) {
    case 'export': {
      const body = await identity.call(ExportMyData, { ...spokenFor(visit), user })
      return { kind: 'download', body, name: 'my-data.json' }
    }
    case 'delete': {
      const { deletion_due_at: due } = await identity.call(DeleteMe, { ...spokenFor(visit), user })
      return redirect(to, { note: { at: to, done: 'doneDeletion', values: { due } } })
    }
    case 'keep':
      await identity.call(UndoMyDeletion, { ...spokenFor(visit), user })
      return done(to, 'doneKept')
    default:
      return redirect(to)
  }
}
