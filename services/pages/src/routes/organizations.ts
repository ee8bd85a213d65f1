/** One's own organizations: which there are, which one acts for, and leaving or founding one. */
import {
  CreateOrganization,
  ListMyOrganizations,
  RemoveMember,
  RestoreOwnOrganization,
} from '@gatehouse/contracts/http/orgs/organizations'
import { AccountOrganizationsPage } from '@gatehouse/contracts/http/pages'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { requireActingToken, requireToken, spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { organizationsPage } from '../views/organizations.tsx'
import { fieldsOf } from './form-fields.ts'

export function organizationRoutes(page: BindPage, deps: Deps): void {
  page(AccountOrganizationsPage, { get: (visit) => show(deps, visit), post: (visit) => change(deps, visit) })
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const user = await requireToken(deps, visit)
  const list = (status: 'active' | 'deleting') =>
    deps.orgs.call(ListMyOrganizations, { query: { limit: 100, status }, user, timeoutMs: 4000 })
  const [{ data: organizations }, { data: deleting }, current] = await Promise.all([
    list('active'),
    list('deleting'),
    actsFor(deps, visit),
  ])
  return organizationsPage({ visit, deps }, { organizations, deleting, actsFor: current })
}

/** Null where it is none, or one that has come to require a stronger sign-in. */
async function actsFor(deps: Deps, visit: Visit): Promise<string | null> {
  try {
    return (await requireActingToken(deps, visit)).organization_id
  } catch (err) {
    if (isAppError(err, 'insufficient_user_authentication')) return null
    throw err
  }
}

async function change(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { form } = visit
  const org = form.get('organization') ?? 'none'
  const to = AccountOrganizationsPage.path
  switch (form.get('action')) {
    case 'create': {
      const user = await requireToken(deps, visit)
      const fields = fieldsOf(visit, 'name')
      if (!fields.ok) return fields.answer
      const { headers, ...spoken } = spokenFor(visit)
      // The form that is sent twice founds one organization.
      const once = { ...headers, 'idempotency-key': (form.get('once') ?? '').slice(0, 64) || 'none' }
      await deps.orgs.call(CreateOrganization, { ...spoken, headers: once, body: { name: fields.values.name }, user })
      return done(to, 'doneFounded')
    }
    case 'leave': {
      const user = await requireActingToken(deps, visit, org)
      await deps.orgs.call(RemoveMember, { params: { org, user: user.user_id }, user, timeoutMs: 4000 })
      return done(to, 'doneLeft')
    }
    case 'restore': {
      const user = await requireToken(deps, visit)
      await deps.orgs.call(RestoreOwnOrganization, { ...spokenFor(visit), params: { organization: org }, user })
      return done(to, 'doneRestored')
    }
    default:
      await requireActingToken(deps, visit, org)
      return done(to, 'doneSwitched')
  }
}
