/** Passwords: forgotten, and set anew with the link of a mail. */
import { ForgotPassword, ResetPassword } from '@gatehouse/contracts/http/identity/passwords'
import { ForgotPasswordPage, ResetPasswordPage, SignInPage } from '@gatehouse/contracts/http/pages'
import { spokenFor } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { done } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { confirmPage, forgotPage } from '../views/mailed-pages.tsx'
import { fieldsOf } from './form-fields.ts'
import { useLink, withLink } from './link.ts'

export function passwordRoutes(page: BindPage, deps: Deps): void {
  page(ForgotPasswordPage, {
    get: (visit) => forgotPage({ visit, deps }),
    post: async (visit) => {
      const fields = fieldsOf(visit, 'email')
      if (!fields.ok) return fields.answer
      await deps.identity.call(ForgotPassword, { ...spokenFor(visit), body: { email: fields.values.email.trim() } })
      return done(along(ForgotPasswordPage.path, visit.way), 'doneMailSent')
    },
  })
  page(ResetPasswordPage, {
    get: withLink((visit) =>
      confirmPage(
        { visit, deps },
        {
          title: visit.texts.resetTitle,
          text: visit.texts.choosePasswordText,
          button: visit.texts.save,
          withPassword: true,
        },
      ),
    ),
    post: async (visit) => {
      const fields = fieldsOf(visit, 'password')
      if (!fields.ok) return fields.answer
      const { password } = fields.values
      return useLink(visit, {
        use: (token) => deps.identity.call(ResetPassword, { ...spokenFor(visit), body: { token, password } }),
        to: along(SignInPage.path, visit.way),
        text: 'donePassword',
      })
    },
  })
}
