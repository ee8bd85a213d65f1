/** What an organization is called and looks like, and its end. */
import { DeleteOrganization, GetOrganization, UpdateOrganization } from '@gatehouse/contracts/http/orgs/organizations'
import { AccountOrganizationsPage, OrganizationProfilePage } from '@gatehouse/contracts/http/pages'
import { spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { again, done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { managedBy } from '../use-cases/managed-organization.ts'
import { organizationProfilePage } from '../views/organization-profile.tsx'
import { spokenIfUnchanged, withETag } from './concurrency.ts'
import { fieldsOf } from './form-fields.ts'

export function organizationProfileRoutes(page: BindPage, deps: Deps): void {
  page(OrganizationProfilePage, {
    get: (visit) => show(deps, visit),
    post: (visit) => (visit.form.get('action') === 'delete' ? remove(deps, visit) : change(deps, visit)),
  })
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const read = { params: { org }, user, timeoutMs: 4000 }
  const [organization, etag] = await withETag((more) => deps.orgs.call(GetOrganization, { ...read, ...more }))
  return organizationProfilePage({ visit, deps }, { organization, etag })
}

async function change(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const fields = fieldsOf(visit, 'name')
  if (!fields.ok) return fields.answer
  const [background, text] = [colorOf(visit, 'background'), colorOf(visit, 'text')]
  // One colour alone is none: what is written on it would be left to chance.
  if ((background === null) !== (text === null))
    return again(visit, { [text === null ? 'text' : 'background']: 'required' })
  const colors = background === null || text === null ? null : { background, text }
  const body = { name: fields.values.name, colors }
  await deps.orgs.call(UpdateOrganization, { ...spokenIfUnchanged(visit), params: { org }, body, user })
  return done(along(OrganizationProfilePage.path, { organization: org }), 'doneSaved')
}

const colorOf = ({ form }: Visit, name: string): string | null => (form.get(name) ?? '').trim() || null

/** The slug that was typed says which one is meant; orgs compares it, and asks for a sign-in of just now. */
async function remove(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const fields = fieldsOf(visit, 'slug')
  if (!fields.ok) return fields.answer
  const query = { slug: fields.values.slug.trim() }
  await deps.orgs.call(DeleteOrganization, { ...spokenFor(visit), params: { org }, query, user })
  return done(AccountOrganizationsPage.path, 'doneOrganizationDeletion')
}
