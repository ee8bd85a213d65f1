/** Pages for what cannot go on: what happened, and what to do now. */
import { ForgotPasswordPage, ResetPasswordPage } from '@gatehouse/contracts/http/pages'
import type { ProblemCode } from '@gatehouse/contracts/problems/registry'
import type { Visit } from '../browser/visit.ts'
import { along } from '../domain/way.ts'
import type { PageAnswer } from '../serve/answer.ts'
import { textOf, type Texts } from '../texts/texts.ts'

/** RFC 9110 §15.6.4: these are worth another try. */
const isTransient = (status: number): boolean => status >= 500 || status === 429

/** Where what a page was for is asked for anew, other than at the sign-in. */
const beginnings: Readonly<Record<string, string>> = { [ResetPasswordPage.path]: ForgotPasswordPage.path }

export function errorPage(visit: Visit, { code, status }: { code: ProblemCode; status: number }): PageAnswer {
  const { texts, path, way } = visit
  return refusalPage(texts, {
    status,
    title: isTransient(status) ? texts.laterTitle : status === 404 ? texts.missingTitle : texts.errorTitle,
    text: textOf(texts, code),
    again: isTransient(status) ? along(path, way) : (beginnings[path] ?? '/signin'),
  })
}

/** A form that another site sent, or that was opened before a sign-in or a sign-out. */
export function foreignFormPage({ texts, path, way }: Visit): PageAnswer {
  return refusalPage(texts, { status: 403, title: texts.formTitle, text: texts.formText, again: along(path, way) })
}

const refusalPage = (
  texts: Texts,
  { status, title, text, again }: { status: number; title: string; text: string; again: string },
): PageAnswer => ({
  kind: 'page',
  status,
  title,
  body: (
    <>
      <p>{text}</p>
      <p>
        <a id="again" href={again}>
          {texts.goOn}
        </a>
      </p>
    </>
  ),
})
