/**
 * Which roles were given to a member for everything, read and replaced; what groups bring and what is limited to one resource stays as it is. Replacing is decided under the lock
 * of the member's set; nobody gives or takes what they do not hold.
 */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { rolesHeldAt, type MemberFacts } from '../../domain/facts.ts'
import { undelegableOf } from '../../domain/delegable.ts'
import { isAssignable, permissions } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import { endOwnRoles, insertMemberRoles, listOwnRoles, lockRoleHolder } from '../../store/assignments.ts'
import { announceMemberRoles } from '../announce/assignment.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { getMember } from '../subjects/get-member.ts'
import { openModel, type OpenModel } from '../open-model.ts'
import { done, notDelegable, valueOf, type Outcome } from '../refusal.ts'

export type MemberRoles = { user: { id: string }; roles: string[] }

/** Everybody may see their own. Ownership is not a role one is given, so it is not among them. @throws AppError `forbidden`, `not_found` */
export async function getMemberRoles(deps: Deps, caller: OrgCaller, userId: string): Promise<MemberRoles> {
  if (caller.kind !== 'user' || userId !== caller.userId) await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const member = await getMember(deps, { orgId, userId })
  const model = await deps.factCache.model(orgId)
  const own = await inScope(deps.db, { orgId }, (tx) => listOwnRoles(tx, member.id))
  return { user: { id: userId }, roles: roleKeysOf(model, rolesHeldAt(own, deps.clock.now().getTime())).sort() }
}

/** @throws AppError `forbidden`, `not_found`, `validation_failed` */
export async function setMemberRoles(
  deps: Deps,
  caller: OrgCaller,
  input: { userId: string; roles: readonly string[] },
): Promise<MemberRoles> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const { orgId } = caller
  const member = await getMember(deps, { orgId, userId: input.userId })
  const outcome = await deps.spine.write({ orgId }, (tx) => replace(tx, { deps, caller, input, member }), {
    announce: 'await',
  })
  deps.factCache.dropMember({ orgId, userId: input.userId })
  return { user: { id: input.userId }, roles: valueOf(outcome) }
}

type Replacing = {
  deps: Deps
  caller: OrgCaller
  input: { userId: string; roles: readonly string[] }
  member: MemberFacts
}

async function replace(tx: Tx, { deps, caller, input, member }: Replacing): Promise<Outcome<string[]>> {
  const { orgId } = caller
  const nowMs = deps.clock.now().getTime()
  const model = await openModel(tx, { caller, nowMs })
  const unknown = input.roles.flatMap((key, index) =>
    model.roles.has(key) && isAssignable(key)
      ? []
      : [{ path: `/roles/${index}`, message: `${key} is not a role that can be given here` }],
  )
  if (unknown.length > 0) return { kind: 'invalid', errors: unknown }
  const before = await heldKeys(tx, { model, membershipId: member.id, nowMs })
  const after = [...new Set(input.roles)].sort()
  const given = after.filter((key) => !before.includes(key))
  const taken = before.filter((key) => !after.includes(key))
  if (given.length + taken.length === 0) return done(after)
  const missing = undelegableOf(model.delegable, {
    roles: model.roles,
    keys: [...given, ...taken],
    catalog: model.catalog,
  })
  if (missing.length > 0) return notDelegable(missing)
  const holder = { membershipId: member.id, orgId, userId: input.userId }
  const locked = await lockRoleHolder(tx, member.id)
  if (!locked) return { kind: 'not_found' }
  // Also ends what has expired: an expired row would keep its role from being given anew.
  const current = await listOwnRoles(tx, member.id)
  const kept = new Set(rolesHeldAt(current, nowMs).filter((id) => after.includes(model.rolesById.get(id)?.key ?? '')))
  await endOwnRoles(tx, {
    membershipId: member.id,
    roleIds: current.map(({ roleId }) => roleId).filter((id) => !kept.has(id)),
  })
  await insertMemberRoles(tx, {
    ...holder,
    roleIds: given.flatMap((key) => model.roles.get(key)?.id ?? []),
    givenBy: actorOf(caller),
  })
  await announceMemberRoles(tx, { holder, version: locked.version, before, after, actor: actorOf(caller) })
  return done(after)
}

/** Keys held now; an assignment of a role that is gone gives none. */
async function heldKeys(tx: Tx, o: { model: OpenModel; membershipId: string; nowMs: number }): Promise<string[]> {
  const held = rolesHeldAt(await listOwnRoles(tx, o.membershipId), o.nowMs)
  return held.flatMap((id) => o.model.rolesById.get(id)?.key ?? []).sort()
}
