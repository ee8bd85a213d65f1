/**
 * Deletes a role of the organization: whoever held it holds it no longer, and roles that inherited it stand without it.
 */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { missingToTake } from '../../domain/delegable.ts'
import { permissions } from '../../domain/platform.ts'
import { endAssignmentsOfRoles } from '../../store/assignments.ts'
import { closeRole, insertNextRole } from '../../store/roles.ts'
import { announceRoleDeleted, announceRoleUpdated } from '../../announce/role.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { changeModel, type OpenModel } from '../../model/open-model.ts'
import { done, notDelegable, type Outcome } from '../../model/refusal.ts'

export type RoleDeletion = { roleId: string; isExpected(version: number): boolean }

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export async function deleteRole(deps: Deps, caller: OrgCaller, input: RoleDeletion): Promise<void> {
  await requirePermission(deps, caller, permissions.writeRoles)
  const { orgId } = caller
  return changeModel(deps, caller, {
    change: (tx, model) => remove(tx, { model, caller, input }),
    forget: (cached) => cached.dropModel(orgId),
  })
}

async function remove(
  tx: Tx,
  { model, caller, input }: { model: OpenModel; caller: OrgCaller; input: RoleDeletion },
): Promise<Outcome<undefined>> {
  const { orgId } = caller
  const actor = actorOf(caller)
  const { catalog, roles, rolesById, delegable } = model
  const known = rolesById.get(input.roleId)
  if (!known) return { kind: 'not_found' }
  if (known.orgId === null) return { kind: 'platform_role' }
  if (!input.isExpected(known.version)) return { kind: 'changed' }
  const missing = missingToTake(delegable, { model, catalog }, [known.key])
  if (missing.length > 0) return notDelegable(missing)
  const closed = await closeRole(tx, { id: known.id, version: known.version })
  if (!closed) return { kind: 'changed' }
  await endAssignmentsOfRoles(tx, [known.id])
  await announceRoleDeleted(tx, { row: closed, orgId, actor })
  // A key that comes back later must not bring its new rights to those who once inherited the old one.
  for (const heir of roles.values()) {
    if (heir.orgId === null || !heir.inherits.includes(known.key)) continue
    const ended = await closeRole(tx, { id: heir.id, version: heir.version })
    if (!ended) throw new Error('a role changed under the lock of its model')
    const row = await insertNextRole(tx, ended, {
      name: ended.name,
      permissions: ended.permissions,
      inherits: ended.inherits.filter((key) => key !== known.key),
    })
    await announceRoleUpdated(tx, { row, orgId, actor })
  }
  return done(undefined)
}
