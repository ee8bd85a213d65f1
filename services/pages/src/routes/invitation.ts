/** An invitation, answered with the link of its mail: as the person who is signed in, or as a new one. */
import { GetMe } from '@gatehouse/contracts/http/identity/account'
import { AcceptInvitation, DeclineInvitation } from '@gatehouse/contracts/http/orgs/invitations'
import { InvitationPage, SignInPage } from '@gatehouse/contracts/http/pages'
import { requireToken, spokenFor, tokenOf, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { withoutLink } from '../domain/flow.ts'
import { done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { invitationPage } from '../views/mailed-pages.tsx'
import { fieldsOf } from './form-fields.ts'
import { linkOf, withLink } from './link.ts'

export function invitationRoutes(page: BindPage, deps: Deps): void {
  page(InvitationPage, {
    get: withLink((visit) => show(deps, visit)),
    post: (visit) => settle(deps, visit),
  })
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const token = await tokenOf(deps, visit)
  const me = token && (await deps.identity.call(GetMe, { user: { accessToken: token.access_token }, timeoutMs: 4000 }))
  return invitationPage({ visit, deps }, me?.email)
}

async function settle(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const token = linkOf(visit)
  switch (visit.form.get('action')) {
    case 'decline':
      await deps.orgs.call(DeclineInvitation, { ...spokenFor(visit), body: { token } })
      return done(SignInPage.path, 'doneDeclined', withoutLink(visit))
    case 'accept': {
      const user = await requireToken(deps, visit)
      await deps.orgs.call(AcceptInvitation, { ...spokenFor(visit), body: { token }, user })
      return done('/account', 'doneAccepted', withoutLink(visit))
    }
    default: {
      const fields = fieldsOf(visit, 'name', 'password')
      if (!fields.ok) return fields.answer
      await deps.orgs.call(AcceptInvitation, { ...spokenFor(visit), body: { token, ...fields.values } })
      return done(SignInPage.path, 'doneAccepted', withoutLink(visit))
    }
  }
}
