/** Members of an organization, and the roles of one, for those who may see and change them. */
import { GetMemberRoles, ListRoles, SetMemberRoles } from '@gatehouse/contracts/http/authz/roles'
import {
  ListMembers,
  ReactivateMember,
  RemoveMember,
  SuspendMember,
} from '@gatehouse/contracts/http/orgs/organizations'
import { MemberPage, MembersPage } from '@gatehouse/contracts/http/pages'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { managedBy } from '../use-cases/managed-organization.ts'
import { memberPage, membersPage } from '../views/members.tsx'
import { fieldsOf, rolesOf } from './form-fields.ts'
import { pageQueryOf, searchOf, sortOf } from './page-query.ts'

export function memberRoutes(page: BindPage, deps: Deps): void {
  page(MembersPage, { get: (visit) => list(deps, visit), post: (visit) => change(deps, visit) })
  page(MemberPage, {
    get: (visit) => show(deps, visit),
    post: (visit) => (visit.form.get('action') === 'suspend' ? suspend(deps, visit) : setRoles(deps, visit)),
  })
}

async function list(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const query = { ...pageQueryOf(visit), ...searchOf(visit), ...sortOf(visit) }
  const { data, page } = await deps.orgs.call(ListMembers, { params: { org }, query, user, timeoutMs: 4000 })
  return membersPage(
    { visit, deps },
    { org, members: data, cursor: page.next_cursor, ...searchOf(visit), ...sortOf(visit) },
  )
}

async function change(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const params = { org, user: visit.form.get('user') ?? 'none' }
  const to = along(MembersPage.path, { organization: org })
  if (visit.form.get('action') === 'reactivate') {
    await deps.orgs.call(ReactivateMember, { params, user, timeoutMs: 4000 })
    return done(to, 'doneReactivated')
  }
  await deps.orgs.call(RemoveMember, { params, user, timeoutMs: 4000 })
  return done(to, 'doneMemberRemoved')
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const params = { org, user: memberOf(visit) }
  const [{ roles: held }, { data: roles }] = await Promise.all([
    deps.authz.call(GetMemberRoles, { params, user, timeoutMs: 4000 }),
    deps.authz.call(ListRoles, { params: { org }, query: { limit: 100 }, user, timeoutMs: 4000 }),
  ])
  return memberPage({ visit, deps }, { roles, held })
}

async function setRoles(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const member = memberOf(visit)
  const roles = rolesOf(visit)
  await deps.authz.call(SetMemberRoles, { params: { org, user: member }, body: { roles }, user, timeoutMs: 4000 })
  return done(along(MemberPage.path, { organization: org, user: member }), 'doneSaved')
}

async function suspend(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const fields = fieldsOf(visit, 'reason')
  if (!fields.ok) return fields.answer
  const params = { org, user: memberOf(visit) }
  await deps.orgs.call(SuspendMember, { params, body: { reason: fields.values.reason }, user, timeoutMs: 4000 })
  return done(along(MembersPage.path, { organization: org }), 'doneSuspended')
}

function memberOf({ way }: Visit): string {
  if (way.user === undefined) throw problem('not_found')
  return way.user
}
