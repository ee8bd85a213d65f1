/** The steps of a sign-in after its first factor, and those of a step-up: each is one page. */
import type { PasskeyAssertion } from '@gatehouse/contracts/http/identity/passkey-assertion'
import { AnswerChallenge, type SignInStep } from '@gatehouse/contracts/http/identity/sign-in'
import { GetPasskeyOptions } from '@gatehouse/contracts/http/identity/passkeys'
import {
  SignInCodePage,
  SignInEmailCodePage,
  SignInEnrollPage,
  SignInPage,
  SignInPasskeyPage,
  SignInRecoveryPage,
  SignInVerifyPage,
} from '@gatehouse/contracts/http/pages'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import type { SignInFlow } from '../domain/flow.ts'
import { along } from '../domain/way.ts'
import { redirect, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { advance } from '../use-cases/advance-sign-in.ts'
import { requestOf, targetsOf } from '../use-cases/authorization.ts'
import { codePage, enrollPage, passkeyPage, waitForMailPage } from '../views/sign-in-pages.tsx'
import type { CodeStep } from '../views/sign-in.tsx'
import { credentialOf } from './credential.ts'
import { fieldsOf } from './form-fields.ts'

export function signInStepRoutes(page: BindPage, deps: Deps): void {
  const code = (step: CodeStep) => ({
    get: (visit: Visit) =>
      show(deps, visit, step, ({ next, rememberDays }, formTargets) =>
        codePage(
          { visit, deps },
          { next, step, rememberDays: step === 'totp' ? rememberDays : undefined, formTargets },
        ),
      ),
    post: (visit: Visit) => {
      const fields = fieldsOf(visit, 'code')
      if (!fields.ok) return fields.answer
      return answer(deps, visit, { step, code: codeOf(fields.values.code), ...remembering(visit, step) })
    },
  })
  page(SignInCodePage, code('totp'))
  page(SignInRecoveryPage, code('recovery_code'))
  page(SignInEmailCodePage, code('email_code'))
  page(SignInPasskeyPage, {
    get: (visit) =>
      show(deps, visit, 'passkey', async ({ challenge, next, rememberDays }, formTargets) => {
        const options = await deps.identity.call(GetPasskeyOptions, { ...spokenFor(visit), body: { challenge } })
        return passkeyPage({ visit, deps }, { next, options, rememberDays, formTargets })
      }),
    post: (visit) => {
      const credential = credentialOf<PasskeyAssertion>(visit)
      return answer(deps, visit, { step: 'passkey', credential, ...remembering(visit, 'passkey') })
    },
  })
  page(SignInEnrollPage, {
    get: (visit) =>
      show(deps, visit, 'enroll_mfa', ({ enrollment }, formTargets) =>
        enrollment === undefined ? toBeginning(visit) : enrollPage({ visit, deps }, { enrollment, formTargets }),
      ),
    post: (visit) => {
      const fields = fieldsOf(visit, 'code')
      return fields.ok ? answer(deps, visit, { step: 'enroll_mfa', code: codeOf(fields.values.code) }) : fields.answer
    },
  })
  page(SignInVerifyPage, {
    get: async (visit) => waitForMailPage({ visit, deps }, { formTargets: targetsOf(await requestOf(deps, visit)) }),
    post: (visit) =>
      visit.flow.signIn?.next.includes('verify_email') === true
        ? answer(deps, visit, { step: 'verify_email' })
        : toBeginning(visit),
  })
}

/** Only where it was offered: a step that is no second factor takes no such wish. */
const remembering = ({ form, flow }: Visit, step: SignInStep): { remember_device?: true } =>
  form.has('remember_device') && flow.signIn?.rememberDays !== undefined && (step === 'totp' || step === 'passkey')
    ? { remember_device: true }
    : {}

/** As people type it: with a space in the middle. */
const codeOf = (text: string): string => text.replaceAll(/\s/g, '').slice(0, 32)

const toBeginning = (visit: Visit): RedirectAnswer => redirect(along(SignInPage.path, visit.way), { signIn: undefined })

async function show(
  deps: Deps,
  visit: Visit,
  step: SignInStep,
  view: (signIn: SignInFlow, formTargets: string[]) => Promise<PageAnswer> | PageAnswer,
): Promise<PageAnswer> {
  const { signIn } = visit.flow
  if (signIn?.next.includes(step) !== true) return toBeginning(visit)
  return view(signIn, targetsOf(await requestOf(deps, visit)))
}

type Given = { step: SignInStep; code?: string; credential?: PasskeyAssertion; remember_device?: boolean }

/** A sign-in that is over begins anew; where it led stays known. */
async function answer({ identity, ...deps }: Deps, visit: Visit, given: Given): Promise<RedirectAnswer> {
  const { signIn } = visit.flow
  if (signIn === undefined) return toBeginning(visit)
  try {
    const body = { challenge: signIn.challenge, ...given }
    const result = await identity.call(AnswerChallenge, { ...spokenFor(visit), body })
    // The same step once more: the mail's link was not opened yet.
    if (result.status === 'challenge' && given.step === 'verify_email' && result.next.includes('verify_email'))
      return redirect(along(visit.path, visit.way), { note: { at: visit.path, errors: { form: 'step_unavailable' } } })
    return await advance({ ...deps, identity }, visit, { result, way: visit.way })
  } catch (err) {
    if (!isAppError(err, 'invalid_token')) throw err
    return redirect(along(SignInPage.path, visit.way), {
      signIn: undefined,
      note: { at: SignInPage.path, errors: { form: 'problem_not_found' } },
    })
  }
}
