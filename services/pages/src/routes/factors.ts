/**
 * One's own authenticator app and recovery codes. Changing them asks for a recent sign-in, which `refusals.ts` leads
 * through.
 */
import {
  ConfirmTotp,
  EnrollTotp,
  GetMyFactors,
  RemoveTotp,
  ReplaceRecoveryCodes,
} from '@gatehouse/contracts/http/identity/factors'
import { AccountRecoveryPage, AccountTotpPage } from '@gatehouse/contracts/http/pages'
import { requireToken, spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { done, redirect, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { recoveryCodesPage, totpPage } from '../views/account-pages.tsx'
import { fieldsOf } from './form-fields.ts'

export function factorRoutes(page: BindPage, deps: Deps): void {
  page(AccountTotpPage, {
    get: async (visit) => {
      const user = await requireToken(deps, visit)
      return totpPage({ visit, deps }, await deps.identity.call(GetMyFactors, { user, timeoutMs: 4000 }))
    },
    post: (visit) => changeTotp(deps, visit),
  })
  page(AccountRecoveryPage, {
    get: async (visit) => {
      const user = await requireToken(deps, visit)
      return recoveryCodesPage({ visit, deps }, await deps.identity.call(GetMyFactors, { user, timeoutMs: 4000 }))
    },
    post: async (visit) => {
      const user = await requireToken(deps, visit)
      const { recovery_codes: codes } = await deps.identity.call(ReplaceRecoveryCodes, { ...spokenFor(visit), user })
      return redirect(AccountRecoveryPage.path, { note: { at: AccountRecoveryPage.path, codes } })
    },
  })
}

async function changeTotp({ identity, tokens }: Deps, visit: Visit): Promise<RedirectAnswer> {
  const user = await requireToken({ tokens }, visit)
  const to = AccountTotpPage.path
  switch (visit.form.get('action')) {
    case 'begin': {
      const { secret, otpauth_url: uri } = await identity.call(EnrollTotp, { ...spokenFor(visit), user })
      return redirect(to, { enrollment: { secret, uri } })
    }
    case 'remove':
      await identity.call(RemoveTotp, { ...spokenFor(visit), user })
      return done(to, 'doneRemoved', { enrollment: undefined })
    default: {
      const fields = fieldsOf(visit, 'code')
      if (!fields.ok) return fields.answer
      const code = fields.values.code.replaceAll(/\s/g, '').slice(0, 32)
      await identity.call(ConfirmTotp, { ...spokenFor(visit), body: { code }, user })
      return done(to, 'doneEnrolled', { enrollment: undefined })
    }
  }
}
