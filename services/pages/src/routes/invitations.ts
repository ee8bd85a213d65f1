/** Invitations of an organization: sent, several at once, sent again and taken back. */
import {
  CreateInvitations,
  ListInvitations,
  ResendInvitation,
  RevokeInvitation,
} from '@gatehouse/contracts/http/orgs/invitations'
import { ListRoles } from '@gatehouse/contracts/http/authz/roles'
import { InvitationsPage } from '@gatehouse/contracts/http/pages'
import { spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { again, done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { managedBy, type Managed } from '../use-cases/managed-organization.ts'
import { invitationsPage } from '../views/invitations.tsx'
import { fieldsOf, rolesOf } from './form-fields.ts'
import { pageQueryOf, searchOf } from './page-query.ts'

/** Of one form, as many as one request may name; more are an import. */
const mostAddresses = 50

export function invitationAdminRoutes(page: BindPage, deps: Deps): void {
  page(InvitationsPage, { get: (visit) => list(deps, visit), post: (visit) => change(deps, visit) })
}

async function list(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const shared = { params: { org }, user, timeoutMs: 4000 }
  const [{ data, page }, { data: roles }] = await Promise.all([
    deps.orgs.call(ListInvitations, { ...shared, query: { ...pageQueryOf(visit), ...searchOf(visit) } }),
    deps.authz.call(ListRoles, { ...shared, query: { limit: 100 } }),
  ])
  const { next_cursor: cursor } = page
  return invitationsPage({ visit, deps }, { org, invitations: data, roles, cursor, ...searchOf(visit) })
}

async function change(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const managed = await managedBy(deps, visit)
  const { org, user } = managed
  const call = { params: { org, invitation: visit.form.get('invitation') ?? 'none' }, user, timeoutMs: 4000 }
  const to = along(InvitationsPage.path, { organization: org })
  switch (visit.form.get('action')) {
    case 'revoke':
      await deps.orgs.call(RevokeInvitation, call)
      return done(to, 'doneRevoked')
    case 'resend':
      await deps.orgs.call(ResendInvitation, call)
      return done(to, 'doneResent')
    default:
      return invite(deps, visit, managed)
  }
}

/** Each address is answered by itself: those that can be are invited, and the field keeps the rest. */
async function invite({ orgs }: Deps, visit: Visit, { org, user }: Managed): Promise<RedirectAnswer> {
  const fields = fieldsOf(visit, 'email')
  if (!fields.ok) return fields.answer
  const addresses = [...new Set(fields.values.email.split(/[\s,;]+/).filter((text) => text !== ''))]
  const roles = rolesOf(visit)
  const typed = { email: fields.values.email, expires_in_days: visit.form.get('expires_in_days') ?? '' }
  if (roles.length === 0) return again(visit, { roles: 'required' }, typed)
  if (addresses.length === 0) return again(visit, { email: 'required' })
  if (addresses.length > mostAddresses) return again(visit, { email: 'limit_reached' }, typed)
  const days = typed.expires_in_days === '' ? {} : { expires_in_days: Number(typed.expires_in_days) }
  const body = { invitations: addresses.map((email) => ({ email, roles })), ...days }
  const { headers, ...spoken } = spokenFor(visit)
  // The form that is sent twice invites once, and says so twice.
  const once = { ...headers, 'idempotency-key': (visit.form.get('once') ?? '').slice(0, 64) || 'none' }
  const { data } = await orgs.call(CreateInvitations, { ...spoken, headers: once, params: { org }, body, user })
  const refused = data.filter(({ code }) => code !== null)
  const [first] = refused
  if (first === undefined) return done(along(InvitationsPage.path, { organization: org }), 'doneInvited')
  const why = first.code === 'conflict' ? 'invitedAlready' : (first.code ?? 'validation_failed')
  return again(visit, { email: why }, { ...typed, email: refused.map(({ email }) => email).join(' ') })
}
