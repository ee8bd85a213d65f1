/** What an application asks of the signed-in person. Where nothing has to be asked, the browser goes on at once. */
import { ConsentPage } from '@gatehouse/contracts/http/pages'
import { ListMyOrganizations } from '@gatehouse/contracts/http/orgs/organizations'
import type { AuthorizationForPages } from '@gatehouse/contracts/http/tokens/authorizations'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { requireToken, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { redirect, type PageAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { requestOf, settleRequest, targetsOf } from '../use-cases/authorization.ts'
import { consentPage } from '../views/consent-page.tsx'
import type { Choice } from '../views/consent.tsx'

export function consentRoutes(page: BindPage, deps: Deps): void {
  page(ConsentPage, { get: (visit) => show(deps, visit), post: (visit) => decide(deps, visit) })
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const user = await requireToken(deps, visit)
  const request = await requestOf(deps, visit)
  if (request === undefined) throw problem('not_found')
  if (request.needs.includes('sign_in')) return redirect(along('/signin', visit.way))
  // Only the browser that began the request holds the cookie with which it goes on: to others this link is of no use.
  if (request.needs.length === 0) return settleRequest(deps, visit, { decision: 'approved' })
  return consentPage(
    { visit, deps },
    { authorization: request, choices: await choicesOf(deps, request, user), formTargets: targetsOf(request) },
  )
}

async function choicesOf(
  { orgs }: Deps,
  { needs, organizations }: AuthorizationForPages,
  user: { accessToken: string },
): Promise<Choice[]> {
  if (!needs.includes('select_organization')) return []
  const { data } = await orgs.call(ListMyOrganizations, { query: { limit: 100 }, user, timeoutMs: 4000 })
  const names = new Map(data.map(({ id, name }) => [id, name]))
  return organizations.map((id) => ({ id, name: names.get(id) ?? id }))
}

function decide(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const decision = visit.form.get('decision')
  if (decision !== 'approved' && decision !== 'denied') throw problem('not_found')
  return settleRequest(deps, visit, { decision, organizationId: visit.form.get('organization') })
}
