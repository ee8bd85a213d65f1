/** Pages for what cannot go on: what happened, and what to do now. */
import type { ProblemCode } from '@gatehouse/contracts/problems/registry'
import type { Visit } from '../browser/visit.ts'
import { along } from '../domain/way.ts'
import type { PageAnswer } from '../serve/answer.ts'
import { textOf } from '../texts/texts.ts'

export function errorPage(visit: Visit, { code, status }: { code: ProblemCode; status: number }): PageAnswer {
  const { texts, path, way } = visit
  const isForm = code === 'forbidden'
  const title = isForm
    ? texts.formTitle
    : status >= 500 || status === 429
      ? texts.laterTitle
      : status === 404
        ? texts.missingTitle
        : texts.errorTitle
  return {
    kind: 'page',
    status,
    title,
    body: (
      <>
        <p>{isForm ? texts.formText : textOf(texts, code)}</p>
        <p>
          <a id="again" href={isForm || status >= 500 ? along(path, way) : along('/signin', {})}>
            {texts.goOn}
          </a>
        </p>
      </>
    ),
  }
}
