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
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { again, redirect, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { confirmPage, signUpPage } from '../views/mailed-pages.tsx'
import { fieldsOf } from './form-fields.ts'
import { useLink, withLink } from './link.ts'

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
    post: (visit) =>
      useLink(visit, {
        use: (token) => deps.identity.call(ConfirmAddressChange, { ...spokenFor(visit), body: { token } }),
        to: SignInPage.path,
        text: 'doneAddress',
      }),
  })
  page(UndoAddressPage, {
    get: withLink((visit) => {
      const { undoTitle: title, undoText: text, undo: button } = visit.texts
      return confirmPage({ visit, deps }, { title, text, button })
    }),
    post: (visit) =>
      useLink(visit, {
        use: (token) => deps.identity.call(UndoAddressChange, { ...spokenFor(visit), body: { token } }),
        to: SignInPage.path,
        text: 'doneUndone',
      }),
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
  const { isPasswordWanted = false } = visit.flow
  const { confirmTitle: title, confirmText, choosePasswordText, confirm: button } = visit.texts
  return confirmPage(
    { visit, deps },
    { title, text: isPasswordWanted ? choosePasswordText : confirmText, button, withPassword: isPasswordWanted },
  )
}

async function verify({ identity }: Deps, visit: Visit): Promise<RedirectAnswer> {
  const password = visit.form.get('password')
  try {
    return await useLink(visit, {
      use: (token) => {
        const body = { token, ...(password !== undefined && { password }) }
        return identity.call(VerifyEmail, { ...spokenFor(visit), body })
      },
      to: along(SignInPage.path, visit.way),
      text: 'doneVerified',
    })
  } catch (err) {
    if (!isAppError(err, 'weak_password') && !isAppError(err, 'password_required')) throw err
    const { to, flow } = again(visit, { password: err.code })
    return redirect(to, { ...flow, isPasswordWanted: true })
  }
}
