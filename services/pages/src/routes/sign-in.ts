/** The beginning of a sign-in: who, then the password; or a passkey alone. Signing out. */
import { AnswerChallenge, BeginEmailSignIn, Login } from '@gatehouse/contracts/http/identity/sign-in'
import type { PasskeyAssertion } from '@gatehouse/contracts/http/identity/passkey-assertion'
import { GetPasskeyOptions, SignInWithPasskey } from '@gatehouse/contracts/http/identity/passkeys'
import { SignInPage, SignInPasskeyOptions, SignInPasswordPage, SignOutPage } from '@gatehouse/contracts/http/pages'
import { EndBrowserSession } from '@gatehouse/contracts/http/tokens/browser-sessions'
import { renewBrowser, spokenFor, tokenOf, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along, destinationOf } from '../domain/way.ts'
import { done, redirect, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { advance } from '../use-cases/advance-sign-in.ts'
import { cancelRequest, requestOf, targetsOf } from '../use-cases/authorization.ts'
import { identifierPage, passwordPage, signOutPage } from '../views/sign-in-pages.tsx'
import { credentialOf } from './credential.ts'
import { fieldsOf } from './form-fields.ts'

/** RFC 5321 §4.5.3.1.3, without the brackets of a path. */
const longestAddress = 254

export function signInRoutes(page: BindPage, deps: Deps): void {
  page(SignInPage, { get: (visit) => showIdentifier(deps, visit), post: (visit) => takeIdentifier(deps, visit) })
  page(SignInPasswordPage, { get: (visit) => showPassword(deps, visit), post: (visit) => takePassword(deps, visit) })
  page(SignInPasskeyOptions, {
    post: async (visit) => ({
      kind: 'json',
      body: { options: await deps.identity.call(GetPasskeyOptions, { ...spokenFor(visit), body: {} }) },
    }),
  })
  page(SignOutPage, {
    get: async (visit) =>
      (await tokenOf(deps, visit)) === undefined ? redirect(SignInPage.path) : signOutPage({ visit, deps }),
    post: (visit) => signOut(deps, visit),
  })
}

async function showIdentifier(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const request = await requestOf(deps, visit)
  const isSignedIn = (await tokenOf(deps, visit)) !== undefined
  if (isSignedIn && request?.needs.includes('sign_in') !== true) return goOn(visit)
  const hint = request?.login_hint ?? visit.query.get('login_hint')?.slice(0, longestAddress)
  return identifierPage({ visit, deps }, { request, hint, formTargets: targetsOf(request) })
}

/** What was done with a mail's link is said where whoever is signed in already goes on. */
function goOn({ way, note }: Visit): RedirectAnswer {
  const to = destinationOf(way)
  return redirect(to, note === undefined ? {} : { note: { ...note, at: to.split('?', 1)[0] ?? to } })
}

async function takeIdentifier(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const action = visit.form.get('action')
  if (action === 'cancel') return cancelRequest(visit)
  if (action === 'passkey') {
    const credential = credentialOf<PasskeyAssertion>(visit)
    const result = await deps.identity.call(SignInWithPasskey, { ...spokenFor(visit), body: { credential } })
    return advance(deps, visit, { result, way: visit.way })
  }
  if (action === 'email-code' && visit.flow.email !== undefined) {
    const body = { email: visit.flow.email }
    return advance(deps, visit, {
      result: await deps.identity.call(BeginEmailSignIn, { ...spokenFor(visit), body }),
      way: visit.way,
    })
  }
  const fields = fieldsOf(visit, 'email')
  if (!fields.ok) return fields.answer
  return redirect(along(SignInPasswordPage.path, visit.way), {
    email: fields.values.email.trim().slice(0, longestAddress),
    signIn: undefined,
  })
}

async function showPassword(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { email, signIn } = visit.flow
  const isStep = signIn?.next.includes('password') === true
  if (email === undefined && !isStep) return redirect(along(SignInPage.path, visit.way))
  const offersCode = deps.offersEmailCodes && email !== undefined && !isStep
  return passwordPage({ visit, deps }, { email, offersCode, formTargets: targetsOf(await requestOf(deps, visit)) })
}

async function takePassword(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { email, signIn } = visit.flow
  const fields = fieldsOf(visit, 'password')
  if (!fields.ok) return fields.answer
  const { password } = fields.values
  const { way } = visit
  if (signIn?.next.includes('password') === true) {
    const body = { challenge: signIn.challenge, step: 'password' as const, password }
    return advance(deps, visit, {
      result: await deps.identity.call(AnswerChallenge, { ...spokenFor(visit), body }),
      way,
    })
  }
  if (email === undefined) return redirect(along(SignInPage.path, way))
  const result = await deps.identity.call(Login, { ...spokenFor(visit), body: { email, password } })
  return advance(deps, visit, { result, way })
}

async function signOut({ tokens }: Deps, visit: Visit): Promise<RedirectAnswer> {
  const value = visit.cookies.get('session')
  if (value !== undefined)
    await tokens.call(EndBrowserSession, { body: { cookie_value: value.slice(0, 512) }, timeoutMs: 4000 })
  visit.cookies.clear('session')
  renewBrowser(visit)
  return done(SignInPage.path, 'doneSignedOut', {
    email: undefined,
    signIn: undefined,
    enrollment: undefined,
    links: {},
  })
}
