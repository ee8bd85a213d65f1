/** Applications the person allowed something, and taking it back. */
import { AccountApplicationsPage } from '@gatehouse/contracts/http/pages'
import { ListMyConsents, RevokeMyConsent } from '@gatehouse/contracts/http/tokens/consents'
import { requireToken } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { done } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { applicationsPage } from '../views/applications.tsx'

export function applicationRoutes(page: BindPage, deps: Deps): void {
  page(AccountApplicationsPage, {
    get: async (visit) => {
      const user = await requireToken(deps, visit)
      const { data } = await deps.tokens.call(ListMyConsents, { query: { limit: 100 }, user, timeoutMs: 4000 })
      return applicationsPage({ visit, deps }, data)
    },
    post: async (visit) => {
      const user = await requireToken(deps, visit)
      const consent = visit.form.get('consent') ?? 'none'
      await deps.tokens.call(RevokeMyConsent, { params: { consent }, user, timeoutMs: 4000 })
      return done(AccountApplicationsPage.path, 'doneWithdrawn')
    },
  })
}
