/** An invitation, answered with the link of its mail: as the person who is signed in, or as a new one. */
import { GetMe } from '@gatehouse/contracts/http/identity/account'
import { AcceptInvitation, DeclineInvitation } from '@gatehouse/contracts/http/orgs/invitations'
import { InvitationPage, SignInPage } from '@gatehouse/contracts/http/pages'
import { requireToken, spokenFor, tokenOf, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import type { PageAnswer, RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { invitationPage } from '../views/mailed-pages.tsx'
import { fieldsOf } from './form-fields.ts'
import { useLink, withLink } from './link.ts'

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
  switch (visit.form.get('action')) {
    case 'decline':
      return useLink(visit, {
        use: (token) => deps.orgs.call(DeclineInvitation, { ...spokenFor(visit), body: { token } }),
        to: SignInPage.path,
        text: 'doneDeclined',
      })
    case 'accept': {
      const user = await requireToken(deps, visit)
      return useLink(visit, {
        use: (token) => deps.orgs.call(AcceptInvitation, { ...spokenFor(visit), body: { token }, user }),
        to: '/account',
        text: 'doneAccepted',
      })
    }
    default: {
      const fields = fieldsOf(visit, 'name', 'password')
      if (!fields.ok) return fields.answer
      const body = fields.values
      return useLink(visit, {
        use: (token) => deps.orgs.call(AcceptInvitation, { ...spokenFor(visit), body: { token, ...body } }),
        to: SignInPage.path,
        text: 'doneAccepted',
      })
    }
  }
}
