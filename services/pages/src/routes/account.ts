/** One's own account: profile, password, and where one is signed in. */
import { GetMe, UpdateMe } from '@gatehouse/contracts/http/identity/account'
import { ChangePassword } from '@gatehouse/contracts/http/identity/passwords'
import {
  ForgetMyRememberedDevice,
  ListMyRememberedDevices,
} from '@gatehouse/contracts/http/identity/remembered-devices'
import { AccountPage, AccountPasswordPage, AccountSessionsPage } from '@gatehouse/contracts/http/pages'
import { EndMyOtherSessions, EndMySession, ListMySessions } from '@gatehouse/contracts/http/tokens/sessions'
import { requireToken, spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { done, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { passwordChangePage, profilePage, sessionsPage } from '../views/account-pages.tsx'
import { fieldsOf } from './form-fields.ts'

export function accountRoutes(page: BindPage, deps: Deps): void {
  page(AccountPage, {
    get: async (visit) => {
      const user = await requireToken(deps, visit)
      return profilePage({ visit, deps }, await deps.identity.call(GetMe, { user, timeoutMs: 4000 }))
    },
    post: async (visit) => {
      const user = await requireToken(deps, visit)
      const fields = fieldsOf(visit, 'name')
      if (!fields.ok) return fields.answer
      await deps.identity.call(UpdateMe, { ...spokenFor(visit), body: { name: fields.values.name }, user })
      return done(AccountPage.path, 'doneSaved')
    },
  })
  page(AccountPasswordPage, {
    get: async (visit) => {
      await requireToken(deps, visit)
      return passwordChangePage({ visit, deps })
    },
    post: (visit) => changePassword(deps, visit),
  })
  page(AccountSessionsPage, {
    get: async (visit) => {
      const user = await requireToken(deps, visit)
      const [{ data: sessions }, { data: remembered }] = await Promise.all([
        deps.tokens.call(ListMySessions, { query: { limit: 100 }, user, timeoutMs: 4000 }),
        deps.identity.call(ListMyRememberedDevices, { ...spokenFor(visit), user }),
      ])
      return sessionsPage({ visit, deps }, { sessions, remembered })
    },
    post: (visit) => endSessions(deps, visit),
  })
}

async function changePassword(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const user = await requireToken(deps, visit)
  const fields = fieldsOf(visit, 'current_password', 'password')
  if (!fields.ok) return fields.answer
  const { current_password, password } = fields.values
  await deps.identity.call(ChangePassword, {
    ...spokenFor(visit),
    body: { current_password, new_password: password },
    user,
  })
  return done(AccountPasswordPage.path, 'donePasswordChanged')
}

async function endSessions(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const user = await requireToken(deps, visit)
  if (visit.form.get('action') === 'forget') {
    const params = { device: visit.form.get('device') ?? 'none' }
    await deps.identity.call(ForgetMyRememberedDevice, { ...spokenFor(visit), params, user })
    return done(AccountSessionsPage.path, 'doneForgotten')
  }
  if (visit.form.get('action') === 'end-others') await deps.tokens.call(EndMyOtherSessions, { user, timeoutMs: 4000 })
  else
    await deps.tokens.call(EndMySession, {
      params: { session: visit.form.get('session') ?? 'none' },
      user,
      timeoutMs: 4000,
    })
  return done(AccountSessionsPage.path, 'doneEnded')
}
