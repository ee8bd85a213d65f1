/** Gives a role to a person or a group: everywhere or for one resource, for good or until a time. */
import type { Assignment, NewAssignment } from '@gatehouse/contracts/http/authz/assignments'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { isAssignable, permissions } from '../../domain/platform.ts'
import type { DefinitionError } from '../../domain/role-definition.ts'
import { endExpired, insertAssignment, lockRoleHolder } from '../../store/assignments.ts'
import { findGroup } from '../../store/groups.ts'
import { announceAssignmentCreated } from '../../announce/assignment.ts'
import { changeGrants, refuseToGive } from '../../model/change-grants.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { findActiveMember } from '../../subjects/find-member.ts'
import type { OpenModel } from '../../model/open-model.ts'
import { done, type Outcome } from '../../model/refusal.ts'
import { assignmentView } from '../../views/assignment.ts'

/** @throws AppError `forbidden`, `validation_failed`, `conflict` */
export async function createAssignment(deps: Deps, caller: OrgCaller, input: NewAssignment): Promise<Assignment> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const { type, id } = input.principal
  const membershipId =
    type === 'user' ? (await findActiveMember(deps, { orgId: caller.orgId, userId: id }))?.id : undefined
  const now = deps.clock.now()
  return changeGrants(deps, caller, (tx, model) => give(tx, { model, caller, input, membershipId, now }))
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
  const refusal = refuseToGive(model, [{ roleId: role.id, expiresAtMs: expiresAt?.getTime() }])
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
  return done(keepAnswer(assignmentView(row, role.key) as Assignment))
}
