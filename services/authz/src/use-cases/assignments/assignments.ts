/** Roles given to people and groups one by one: everywhere or for one resource, for good or until a time. Nobody gives or takes what they do not hold. */
import type { Assignment, NewAssignment } from '@gatehouse/contracts/http/authz/assignments'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { isAssignable, permissions } from '../../domain/platform.ts'
import type { DefinitionError } from '../../domain/role-definition.ts'
import {
  closeAssignment,
  endExpired,
  findAssignment,
  insertAssignment,
  listAssignmentsPage,
  lockRoleHolder,
} from '../../store/assignments.ts'
import { findGroup } from '../../store/groups.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { announceAssignmentCreated, announceAssignmentEnded } from '../announce/assignment.ts'
import { changeDelegable, findUndelegable } from './change-grants.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { findActiveMember } from '../subjects/get-member.ts'
import type { OpenModel } from '../open-model.ts'
import { done, type Outcome } from '../refusal.ts'
import { pageAt, type ListQuery } from '../page-at.ts'
import { assignmentView } from '../views.ts'

/** Of people and groups, in the order they were given, as of `at`. @throws AppError `forbidden`, `validation_failed`, `invalid_cursor` */
export async function listAssignments(
  deps: Deps,
  caller: OrgCaller,
  query: ListQuery & { readonly principal?: string | undefined },
): Promise<PageOf<Assignment>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const { data, page, at } = await pageAt(deps, query, {
    length: 1,
    isPlace: ([id]) => isTypeId('asg', id),
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, (tx) =>
        listAssignmentsPage(tx, { orgId, limit, at, afterId: after?.map(String)[0], principalId: query.principal }),
      ),
    placeOf: ({ id }) => [id],
  })
  const keys = new Map(
    (await inScope(deps.db, { orgId }, (tx) => listRolesInReach(tx, orgId, at))).map(({ id, key }) => [id, key]),
  )
  return { data: data.flatMap((row) => assignmentView(row, keys.get(row.roleId)) ?? []), page }
}

/** @throws AppError `forbidden`, `validation_failed`, `conflict` */
export async function createAssignment(deps: Deps, caller: OrgCaller, input: NewAssignment): Promise<Assignment> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const { type, id } = input.principal
  const membershipId =
    type === 'user' ? (await findActiveMember(deps, { orgId: caller.orgId, userId: id }))?.id : undefined
  const now = deps.clock.now()
  return changeDelegable(deps, caller, (tx, model) => give(tx, { model, caller, input, membershipId, now }))
}

type Giving = { model: OpenModel; caller: OrgCaller; input: NewAssignment; membershipId: string | undefined; now: Date }

async function give(tx: Tx, { model, caller, input, membershipId, now }: Giving): Promise<Outcome<Assignment>> {
  const { orgId } = caller
  const { principal, resource } = input
  const role = model.roles.get(input.role)
  const expiresAt = input.expires_at === undefined ? null : new Date(input.expires_at)
  const errors: DefinitionError[] = []
  if (!role || !isAssignable(input.role))
    errors.push({ path: '/role', message: `${input.role} is not a role that can be given here` })
  if (resource && !model.catalog.types.has(resource.type))
    errors.push({ path: '/resource/type', message: `${resource.type} is not in the catalog` })
  if (expiresAt && !(expiresAt > now)) errors.push({ path: '/expires_at', message: 'must lie ahead' })
  const isThere =
    principal.type === 'group'
      ? (await findGroup(tx, { orgId, id: principal.id })) !== undefined
      : membershipId !== undefined && (await lockRoleHolder(tx, membershipId)) !== undefined
  if (!isThere)
    errors.push({
      path: '/principal/id',
      message: `is no ${principal.type === 'group' ? 'group' : 'member'} of the organization`,
    })
  if (!role || errors.length > 0) return { kind: 'invalid', errors }
  const refusal = findUndelegable(model, [role.id])
  if (refusal) return refusal
  await endExpired(tx, { orgId, principalId: principal.id, now })
  const row = await insertAssignment(tx, {
    orgId,
    principalType: principal.type,
    principalId: principal.id,
    membershipId: membershipId ?? null,
    roleId: role.id,
    resourceType: resource?.type ?? null,
    resourceId: resource?.id ?? null,
    expiresAt,
    givenBy: actorOf(caller),
  })
  if (!row) return { kind: 'conflicting', errors: [{ path: '/role', message: 'is held so already' }] }
  await announceAssignmentCreated(tx, { row, orgId, actor: actorOf(caller) })
  return done(assignmentView(row, role.key) as Assignment)
}

/** @throws AppError `forbidden`, `not_found` */
export const deleteAssignment = (deps: Deps, caller: OrgCaller, assignmentId: string): Promise<void> =>
  changeDelegable(deps, caller, async (tx, model) => {
    const { orgId } = caller
    const known = await findAssignment(tx, { orgId, id: assignmentId })
    if (!known) return { kind: 'not_found' }
    const refusal = findUndelegable(model, [known.roleId])
    if (refusal) return refusal
    if (known.membershipId !== null) await lockRoleHolder(tx, known.membershipId)
    const row = await closeAssignment(tx, known.id)
    if (!row) return { kind: 'not_found' }
    await announceAssignmentEnded(tx, { row, orgId, actor: actorOf(caller) })
    return done(undefined)
  })
