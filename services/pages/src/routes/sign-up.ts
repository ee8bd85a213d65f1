/** Opening an account, and proving an address with the link of a mail. */
import { Register, VerifyEmail } from '@gatehouse/contracts/http/identity/account'
import { ConfirmAddressChange, UndoAddressChange } from '@gatehouse/contracts/http/identity/address-change'
import {
  ConfirmAddressPage,
  SignInPage,
  SignInVerifyPage,
  SignUpPage,
  UndoAddressPage,
  VerifyEmailPage,
} from '@gatehouse/contracts/http/pages'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import { spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { withoutLink } from '../domain/flow.ts'
import { along } from '../domain/way.ts'
import { done, redirect, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { confirmPage, signUpPage } from '../views/mailed-pages.tsx'
import { fieldsOf } from './form-fields.ts'
import { linkOf, withLink } from './link.ts'

export function signUpRoutes(page: BindPage, deps: Deps): void {
  page(SignUpPage, { get: (visit) => signUpPage({ visit, deps }), post: (visit) => signUp(deps, visit) })
  page(VerifyEmailPage, {
    get: withLink((visit) => showVerification(deps, visit)),
    post: (visit) => verify(deps, visit),
  })
  page(ConfirmAddressPage, {
    get: withLink((visit) => {
      const { confirmTitle: title, confirmAddressText: text, confirm: button } = visit.texts
      return confirmPage({ visit, deps }, { title, text, button })
    }),
    post: async (visit) => {
      await deps.identity.call(ConfirmAddressChange, { ...spokenFor(visit), body: { token: linkOf(visit) } })
      return done(SignInPage.path, 'doneAddress', withoutLink(visit))
    },
  })
  page(UndoAddressPage, {
    get: withLink((visit) => {
      const { undoTitle: title, undoText: text, undo: button } = visit.texts
      return confirmPage({ visit, deps }, { title, text, button })
    }),
    post: async (visit) => {
      await deps.identity.call(UndoAddressChange, { ...spokenFor(visit), body: { token: linkOf(visit) } })
      return done(SignInPage.path, 'doneUndone', withoutLink(visit))
    },
  })
}

async function signUp({ identity }: Deps, visit: Visit): Promise<RedirectAnswer> {
  const fields = fieldsOf(visit, 'name', 'email', 'password')
  if (!fields.ok) return fields.answer
  const { name, email, password } = fields.values
  await identity.call(Register, { ...spokenFor(visit), body: { name, email: email.trim(), password } })
  return redirect(along(SignInVerifyPage.path, visit.way), { email: email.trim(), signIn: undefined })
}

/** Who reads the mailbox did not always choose the password: then one is chosen now. */
function showVerification(deps: Deps, visit: Visit): PageAnswer {
  const isPasswordWanted = ['password_required', 'weak_password', 'required'].some((code) =>
    Object.values(visit.note?.errors ?? {}).includes(code),
  )
  const { confirmTitle: title, confirmText, choosePasswordText, confirm: button } = visit.texts
  return confirmPage(
    { visit, deps },
    { title, text: isPasswordWanted ? choosePasswordText : confirmText, button, withPassword: isPasswordWanted },
  )
}

async function verify({ identity }: Deps, visit: Visit): Promise<RedirectAnswer> {
  const password = visit.form.get('password')
  const body = { token: linkOf(visit), ...(password !== undefined && { password }) }
  try {
    await identity.call(VerifyEmail, { ...spokenFor(visit), body })
  } catch (err) {
    if (isAppError(err, 'weak_password'))
      throw problem('weak_password', { errors: [{ path: '/password', message: '' }], cause: err })
    throw err
  }
  return done(along(SignInPage.path, visit.way), 'doneVerified', withoutLink(visit))
}
