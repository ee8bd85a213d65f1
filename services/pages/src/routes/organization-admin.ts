/** Invitations of an organization, and what it demands of its members. */
import { CreateInvitation, ListInvitations, RevokeInvitation } from '@gatehouse/contracts/http/orgs/invitations'
import { ListRoles } from '@gatehouse/contracts/http/authz/roles'
import {
  GetOrganizationSettings,
  UpdateOrganizationSettings,
  type WantedMfa,
} from '@gatehouse/contracts/http/orgs/settings'
import { InvitationsPage, OrganizationSettingsPage } from '@gatehouse/contracts/http/pages'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { again, done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { managedBy, type Managed } from '../use-cases/managed-organization.ts'
import { invitationsPage, settingsPage } from '../views/organization-admin.tsx'
import { fieldsOf, rolesOf } from './form-fields.ts'
import { spokenIfUnchanged, withETag } from './concurrency.ts'
import { pageQueryOf } from './page-query.ts'

/** Of one form; more are an import. */
const mostAddresses = 20

export function organizationAdminRoutes(page: BindPage, deps: Deps): void {
  page(InvitationsPage, {
    get: (visit) => listInvitations(deps, visit),
    post: (visit) => changeInvitations(deps, visit),
  })
  page(OrganizationSettingsPage, { get: (visit) => showSettings(deps, visit), post: (visit) => setMfa(deps, visit) })
}

async function listInvitations(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const shared = { params: { org }, user, timeoutMs: 4000 }
  const [{ data, page }, { data: roles }] = await Promise.all([
    deps.orgs.call(ListInvitations, { ...shared, query: pageQueryOf(visit) }),
    deps.authz.call(ListRoles, { ...shared, query: { limit: 100 } }),
  ])
  return invitationsPage({ visit, deps }, { org, invitations: data, roles, cursor: page.next_cursor })
}

async function changeInvitations(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const managed = await managedBy(deps, visit)
  const { org, user } = managed
  if (visit.form.get('action') !== 'revoke') return invite(deps, visit, managed)
  const params = { org, invitation: visit.form.get('invitation') ?? 'none' }
  await deps.orgs.call(RevokeInvitation, { params, user, timeoutMs: 4000 })
  return done(along(InvitationsPage.path, { organization: org }), 'doneRevoked')
}

/** One address after the other, until one is refused: those before it are invited, and the field keeps the rest. */
async function invite({ orgs }: Deps, visit: Visit, { org, user }: Managed): Promise<RedirectAnswer> {
  const fields = fieldsOf(visit, 'email')
  if (!fields.ok) return fields.answer
  const addresses = [...new Set(fields.values.email.split(/[\s,;]+/).filter((text) => text !== ''))]
  const roles = rolesOf(visit)
  if (roles.length === 0) return again(visit, { roles: 'required' }, { email: fields.values.email })
  if (addresses.length === 0) return again(visit, { email: 'required' })
  if (addresses.length > mostAddresses) return again(visit, { email: 'limit_reached' }, { email: fields.values.email })
  for (const [at, email] of addresses.entries())
    try {
      const body = { email, roles }
      await orgs.call(CreateInvitation, { ...spokenFor(visit), params: { org }, body, user })
    } catch (err) {
      const code = ['already_member', 'conflict', 'validation_failed'].find((one) => isAppError(err, one as 'conflict'))
      if (code === undefined) throw err
      return again(
        visit,
        { email: code === 'conflict' ? 'invitedAlready' : code },
        { email: addresses.slice(at).join(' ') },
      )
    }
  return done(along(InvitationsPage.path, { organization: org }), 'doneInvited')
}

async function showSettings(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const read = { params: { org }, user, timeoutMs: 4000 }
  const [settings, etag] = await withETag((more) => deps.orgs.call(GetOrganizationSettings, { ...read, ...more }))
  return settingsPage({ visit, deps }, { settings, etag })
}

async function setMfa(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const mode = visit.form.get('mfa')
  const mfa: WantedMfa = mode === 'required' || mode === 'optional' ? { mode } : { mode: 'off' }
  const call = { ...spokenIfUnchanged(visit), params: { org }, body: { mfa }, user }
  await deps.orgs.call(UpdateOrganizationSettings, call)
  return done(along(OrganizationSettingsPage.path, { organization: org }), 'doneSaved')
}
