/** Defines a role of the organization's own, out of rights its maker holds. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { missingToGive } from '../../domain/delegable.ts'
import { permissions } from '../../domain/platform.ts'
import { checkRoleDefinition } from '../../domain/role-definition.ts'
import { insertRole } from '../../store/roles.ts'
import { announceRoleCreated } from '../../announce/role.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import type { VersionedRole } from './get-role.ts'
import { changeModel, type OpenModel } from '../../model/open-model.ts'
import { done, notDelegable, type Outcome } from '../../model/refusal.ts'
import { roleView } from '../../views/role.ts'

export type NewRole = { key: string; name: string; permissions: string[]; inherits?: string[] | undefined }

/** @throws AppError `forbidden`, `validation_failed`, `conflict` */
export async function createRole(deps: Deps, caller: OrgCaller, input: NewRole): Promise<VersionedRole> {
  await requirePermission(deps, caller, permissions.writeRoles)
  const { orgId } = caller
  return changeModel(deps, caller, {
    change: (tx, model) => create(tx, { model, caller, input }),
    forget: (cached) => cached.dropModel(orgId),
  })
}

async function create(
  tx: Tx,
  { model, caller, input }: { model: OpenModel; caller: OrgCaller; input: NewRole },
): Promise<Outcome<VersionedRole>> {
  const { orgId } = caller
  const { catalog, roles, policies, delegable } = model
  const definition = { key: input.key, permissions: input.permissions, inherits: input.inherits ?? [] }
  if (roles.has(input.key)) return { kind: 'taken' }
  const errors = checkRoleDefinition(definition, { catalog, others: roles })
  if (errors.length > 0) return { kind: 'invalid', errors }
  const after = { roles: new Map<string, typeof definition>([...roles, [input.key, definition]]), policies }
  const missing = missingToGive(delegable, { model: after, catalog }, { keys: [input.key], untilMs: Infinity })
  if (missing.length > 0) return notDelegable(missing)
  const row = await insertRole(tx, {
    id: newId('role'),
    version: 1,
    orgId,
    application: null,
    name: input.name,
    ...definition,
  })
  if (!row) return { kind: 'taken' }
  await announceRoleCreated(tx, { row, orgId, actor: actorOf(caller) })
  return done({ role: keepAnswer(roleView(row, catalog.types)), version: row.version })
}
