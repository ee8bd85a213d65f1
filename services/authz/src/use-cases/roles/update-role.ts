/** Replaces what a role of the organization may do. Whoever does it holds everything the role has had and will have. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { missingToRedefine } from '../../domain/delegable.ts'
import { permissions } from '../../domain/platform.ts'
import { checkRoleDefinition } from '../../domain/role-definition.ts'
import { closeRole, insertNextRole } from '../../store/roles.ts'
import { announceRoleUpdated } from '../../announce/role.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import type { VersionedRole } from './get-role.ts'
import { changeModel, type OpenModel } from '../../model/open-model.ts'
import { done, notDelegable, type Outcome } from '../../model/refusal.ts'
import { roleView } from '../../views/role.ts'

/** `isExpected` judges the current version by the request's precondition. */
export type RoleUpdate = {
  roleId: string
  name: string
  permissions: string[]
  inherits?: string[] | undefined
  isExpected(version: number): boolean
}

/** @throws AppError `forbidden`, `not_found`, `validation_failed`, `precondition_failed` */
export async function updateRole(deps: Deps, caller: OrgCaller, input: RoleUpdate): Promise<VersionedRole> {
  await requirePermission(deps, caller, permissions.writeRoles)
  const { orgId } = caller
  return changeModel(deps, caller, {
    change: (tx, model) => update(tx, { model, caller, input }),
    forget: (cached) => cached.dropModel(orgId),
  })
}

async function update(
  tx: Tx,
  { model, caller, input }: { model: OpenModel; caller: OrgCaller; input: RoleUpdate },
): Promise<Outcome<VersionedRole>> {
  const { orgId } = caller
  const { catalog, roles, rolesById, policies, delegable } = model
  const known = rolesById.get(input.roleId)
  if (!known) return { kind: 'not_found' }
  if (known.orgId === null) return { kind: 'platform_role' }
  if (!input.isExpected(known.version)) return { kind: 'changed' }
  const definition = { key: known.key, permissions: input.permissions, inherits: input.inherits ?? [] }
  const errors = checkRoleDefinition(definition, { catalog, others: roles })
  if (errors.length > 0) return { kind: 'invalid', errors }
  const after = { roles: new Map<string, typeof definition>([...roles, [known.key, definition]]), policies }
  const missing = missingToRedefine(delegable, { before: model, after, catalog }, known.key)
  if (missing.length > 0) return notDelegable(missing)
  const closed = await closeRole(tx, { id: known.id, version: known.version })
  if (!closed) return { kind: 'changed' }
  const row = await insertNextRole(tx, closed, {
    name: input.name,
    permissions: definition.permissions,
    inherits: definition.inherits,
  })
  await announceRoleUpdated(tx, { row, orgId, actor: actorOf(caller) })
  return done({ role: roleView(row, catalog.types), version: row.version })
}
