/** One request of one browser: its cookies, its language, its form, and what is kept for the next one. */
import { randomBytes } from 'node:crypto'
import type { OrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'
import { MintBrowserSessionToken, type BrowserToken } from '@gatehouse/contracts/http/tokens/browser-sessions'
import {
  browserHeader,
  deviceHeader,
  registrationHeader,
  rememberedDeviceHeader,
} from '@gatehouse/contracts/common/services'
import type { AnswerHeaders } from '@gatehouse/access/call/service-exchange'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../deps.ts'
import type { Flow, Note } from '../domain/flow.ts'
import { wayOf, type Way } from '../domain/way.ts'
import { languageOf, textsOf, type Language, type Texts } from '../texts/texts.ts'
import type { CookieJar } from './cookies.ts'

export type Visit = {
  readonly path: string
  readonly query: ReadonlyMap<string, string>
  readonly form: ReadonlyMap<string, string>
  readonly cookies: CookieJar
  /** The browser's, or the one an application asks for. */
  language: Language
  texts: Texts
  /** The organization that an application's request is for. */
  brand?: OrganizationBrand
  readonly nonce: string
  readonly way: Way
  readonly flow: Flow
  /** For this page, once. */
  readonly note: Note | undefined
  /** Names this browser; see `renewBrowser`. */
  browser: string
  token?: Promise<BrowserToken | undefined>
}

const browserForm = /^[A-Za-z0-9_-]{43}$/
const newBrowser = (): string => randomBytes(32).toString('base64url')

export function openVisit(
  { seal }: Pick<Deps, 'seal'>,
  o: {
    path: string
    query: ReadonlyMap<string, string>
    form: ReadonlyMap<string, string>
    cookies: CookieJar
    acceptLanguage: string | undefined
  },
): Visit {
  const known = o.cookies.get('browser')
  const isKnown = known !== undefined && browserForm.test(known)
  const browser = isKnown ? known : newBrowser()
  if (!isKnown) o.cookies.set('browser', browser)
  const sealed = o.cookies.get('flow')
  const flow = (sealed === undefined ? undefined : (seal.unseal(sealed, browser) as Flow | undefined)) ?? {}
  const { note } = flow
  const language = languageOf(o.acceptLanguage)
  return {
    path: o.path,
    query: o.query,
    form: o.form,
    cookies: o.cookies,
    language,
    texts: textsOf(language),
    nonce: randomBytes(16).toString('base64'),
    way: wayOf(o.query),
    flow,
    note: note?.at === o.path ? note : undefined,
    browser,
  }
}

/** Whoever knew the name of this browser before a sign-in knows nothing after it (session fixation). */
export function renewBrowser(visit: Visit): void {
  visit.browser = newBrowser()
  visit.cookies.set('browser', visit.browser)
}

/** Writes what the next request goes on with; a note that was shown is gone. */
export function keepFlow({ seal }: Pick<Deps, 'seal'>, visit: Visit, changes: Partial<Flow> = {}): void {
  const { note, ...kept } = visit.flow
  const isDue = note !== undefined && note.at !== visit.path
  const flow: Flow = { ...kept, ...(isDue ? { note } : {}), ...changes }
  const isEmpty = Object.values(flow).every((value) => value === undefined)
  if (!isEmpty) visit.cookies.set('flow', seal.seal(flow, visit.browser))
  else if (visit.cookies.get('flow') !== undefined) visit.cookies.clear('flow')
}

/** What is said of the browser to the services: as its own headers would, had it called them itself. */
export const spokenFor = ({ browser, cookies, language, flow }: Visit) => ({
  headers: {
    [browserHeader]: browser,
    'accept-language': language,
    ...withValue(deviceHeader, cookies.get('device')),
    ...withValue(rememberedDeviceHeader, cookies.get('remembered')),
    ...withValue(registrationHeader, cookies.get('registration')),
  },
  onHeaders: (headers: AnswerHeaders): void => {
    const [device, registration] = [headers[deviceHeader], headers[registrationHeader]]
    const remembered = headers[rememberedDeviceHeader]
    if (typeof remembered === 'string')
      cookies.set('remembered', remembered, (flow.signIn?.rememberDays ?? 30) * 86_400)
    if (typeof device === 'string') cookies.set('device', device, 180 * 86_400)
    if (typeof registration === 'string') cookies.set('registration', registration, 7 * 86_400)
  },
  timeoutMs: 4000,
})

const withValue = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [name]: value }

/**
 * The access token of the signed-in person for this request alone, undefined when nobody is. It is for no organization:
 * one that has come to require a stronger sign-in must not keep a person from their own account.
 */
export function tokenOf(deps: Pick<Deps, 'tokens'>, visit: Visit): Promise<BrowserToken | undefined> {
  visit.token ??= mintToken(deps, visit, { organization_id: null })
  return visit.token
}

/**
 * The same for an organization, which is the one the person acts for from here on; without one, for that they acted for
 * last.
 * @throws AppError `token_revoked`; `not_found` for one of others; `insufficient_user_authentication` where it requires
 *   more
 */
export async function requireActingToken(
  deps: Pick<Deps, 'tokens'>,
  visit: Visit,
  organizationId?: string,
): Promise<BrowserToken & { accessToken: string }> {
  const token = await mintToken(deps, visit, organizationId === undefined ? {} : { organization_id: organizationId })
  if (token === undefined) throw problem('token_revoked')
  return { ...token, accessToken: token.access_token }
}

async function mintToken(
  { tokens }: Pick<Deps, 'tokens'>,
  { cookies }: Visit,
  organization: { organization_id?: string | null } = {},
): Promise<BrowserToken | undefined> {
  const value = cookies.get('session')
  if (value === undefined || value.length > 512) return undefined
  try {
    return await tokens.call(MintBrowserSessionToken, {
      body: { cookie_value: value, ...organization },
      timeoutMs: 4000,
    })
  } catch (err) {
    if (isAppError(err, 'unauthenticated') || isAppError(err, 'token_revoked')) return undefined
    throw err
  }
}

/** For pages of signed-in people. @throws AppError `token_revoked`, which leads to the sign-in and back */
export async function requireToken(
  deps: Pick<Deps, 'tokens'>,
  visit: Visit,
): Promise<BrowserToken & { accessToken: string }> {
  const token = await tokenOf(deps, visit)
  if (token === undefined) throw problem('token_revoked')
  return { ...token, accessToken: token.access_token }
}
