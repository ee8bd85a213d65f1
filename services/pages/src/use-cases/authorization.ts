/** The request of an application that a sign-in is for: what is left to do for it, and where its answer goes. */
import { GetOrganizationBrand, type OrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'
import {
  SettleAuthorization,
  ShowAuthorization,
  type AuthorizationForPages,
} from '@gatehouse/contracts/http/tokens/authorizations'
import { ContinueAuthorization } from '@gatehouse/contracts/http/tokens/openid-provider'
import { requireActingToken, requireToken, tokenOf, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { redirect, type RedirectAnswer } from '../serve/answer.ts'
import { languageAmong, textsOf } from '../texts/texts.ts'

type RequestDeps = Pick<Deps, 'tokens' | 'orgs'>

/**
 * Undefined where the sign-in is for no application. What it asks for goes for the page as well: its language
 * (`ui_locales`) and the organization it is for.
 * @throws AppError `not_found` when the request is over
 */
export async function requestOf(deps: RequestDeps, visit: Visit): Promise<AuthorizationForPages | undefined> {
  const { request } = visit.way
  if (request === undefined) return undefined
  const token = await tokenOf(deps, visit)
  const shown = await deps.tokens.call(ShowAuthorization, {
    params: { authorization: request },
    ...(token && { user: { accessToken: token.access_token } }),
    timeoutMs: 4000,
  })
  const language = languageAmong(shown.ui_locales ?? '')
  if (language !== undefined) Object.assign(visit, { language, texts: textsOf(language) })
  if (shown.organization_id !== null) Object.assign(visit, await brandOf(deps, shown.organization_id))
  return shown
}

/** A page without colours is better than none. */
async function brandOf({ orgs }: Pick<Deps, 'orgs'>, organization: string): Promise<{ brand?: OrganizationBrand }> {
  try {
    const { brand } = await orgs.call(GetOrganizationBrand, { params: { organization }, timeoutMs: 1000 })
    return brand === null ? {} : { brand }
  } catch {
    return {}
  }
}

/** A form may end at the application, by redirects (CSP level 3 §6.4.2 checks each of them). */
export function targetsOf(request: Pick<AuthorizationForPages, 'redirect_source'> | undefined): string[] {
  const source = request?.redirect_source ?? ''
  return /^(?:https?:\/\/[a-z0-9.:-]+|[a-z][a-z0-9+.-]*:)$/.test(source) ? [source] : []
}

/** The browser goes back to the application, which is told `access_denied`: nobody has to be known for that. */
export const cancelRequest = ({ way }: Pick<Visit, 'way'>): RedirectAnswer =>
  way.request === undefined
    ? redirect('/signin', { signIn: undefined, email: undefined })
    : redirect(`${ContinueAuthorization.path}?cancel=${way.request}`, { signIn: undefined, email: undefined })

/** The browser goes back to the application with the decision. */
export async function settleRequest(
  deps: RequestDeps,
  visit: Visit,
  decided: { decision: 'approved' | 'denied'; organizationId?: string | undefined },
): Promise<RedirectAnswer> {
  // To refuse, nobody acts for anything.
  const user = await (decided.decision === 'approved'
    ? requireActingToken(deps, visit, decided.organizationId)
    : requireToken(deps, visit))
  const { continue_at } = await deps.tokens.call(SettleAuthorization, {
    params: { authorization: visit.way.request ?? '' },
    body: {
      decision: decided.decision,
      ...(decided.organizationId !== undefined && { organization_id: decided.organizationId }),
    },
    user,
    timeoutMs: 4000,
  })
  return redirect(continue_at, { signIn: undefined, email: undefined })
}
