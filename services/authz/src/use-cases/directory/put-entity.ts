/** Stores an entity. Roles an entity holds are given and taken by the rule for everybody. */
import type { EntityContent } from '@gatehouse/contracts/http/authz/entities'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { changesBetween } from '../../domain/changes.ts'
import { isOrganization, isPlatformPrincipal } from '../../domain/directory.ts'
import { checkEntityDefinition } from '../../domain/entity-definition.ts'
import { isAssignable, permissions } from '../../domain/platform.ts'
import { findEntityRow, insertEntity } from '../../store/entities.ts'
import type { EntityRow } from '../../store/schema.ts'
import { announceEntityStored } from '../announce/entity.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import type { OpenModel } from '../open-model.ts'
import { done, type Outcome } from '../refusal.ts'
import { entityView } from '../views.ts'
import type { VersionedEntity } from './get-entity.ts'
import {
  changeEntities,
  entityPermissions,
  refuseEntityChange,
  supersede,
  type EntityChange,
  type EntityPermissions,
} from './change-entities.ts'

/** Saying the same again changes nothing. @throws AppError `forbidden`, `validation_failed`, `precondition_failed` */
export async function putEntity(
  deps: Deps,
  caller: OrgCaller,
  input: EntityChange & { content: EntityContent },
): Promise<VersionedEntity> {
  await requirePermission(deps, caller, permissions.writeEntities)
  if (input.type === 'service_account' && isPlatformPrincipal(input))
    throw problem('validation_failed', { detail: 'Service accounts are known to the platform; they are not stored.' })
  if (isPlatformPrincipal(input) && !isTypeId('user', input.id))
    throw problem('validation_failed', { detail: 'This id is not one of the platform’s, and only those begin so.' })
  if (isOrganization(input) && input.id !== caller.orgId)
    throw problem('validation_failed', { detail: 'An organization stores what is known of itself, and of no other.' })
  const may = await entityPermissions(deps, caller)
  return changeEntities(deps, caller, input, (tx, model) => put(tx, { model, caller, input, may }))
}

async function put(
  tx: Tx,
  {
    model,
    caller,
    input,
    may,
  }: { model: OpenModel; caller: OrgCaller; input: EntityChange & { content: EntityContent }; may: EntityPermissions },
): Promise<Outcome<VersionedEntity>> {
  const { orgId } = caller
  const { type, id: key, content } = input
  const known = await findEntityRow(tx, { orgId, type, key })
  const present = known?.deleted === false ? known : undefined
  if (!input.isExpected(present?.version ?? 0)) return { kind: 'changed' }
  const keys = content.roles ?? []
  const errors = checkEntityDefinition(
    { type, id: key, attributes: content.attributes, roles: keys },
    { catalog: model.catalog, roles: { has: (role) => model.roles.has(role) && isAssignable(role) } },
  )
  if (errors.length > 0) return { kind: 'invalid', errors }
  const roleIds = keys.flatMap((role) => model.roles.get(role)?.id ?? []).sort()
  const after = { attributes: content.attributes, roleIds }
  const refusal = refuseEntityChange(model, { entity: { type, id: key }, before: present, after, may })
  if (refusal) return refusal
  const next = { attributes: content.attributes, roleIds, deleted: false }
  if (
    present &&
    changesBetween(
      { attributes: present.attributes, roleIds: present.roleIds },
      { attributes: next.attributes, roleIds },
    ).length === 0
  )
    return done(versioned(present, model))
  const row = known
    ? await supersede(tx, known, next)
    : await insertEntity(tx, { id: newId('ent'), version: 1, orgId, type, key, ...next })
  if (!row) return { kind: 'changed' }
  await announceEntityStored(tx, { row, actor: actorOf(caller) })
  return done(versioned(row, model))
}

const versioned = (row: EntityRow, { rolesById }: Pick<OpenModel, 'rolesById'>): VersionedEntity => ({
  entity: entityView(
    row,
    row.roleIds.flatMap((id) => rolesById.get(id)?.key ?? []),
  ),
  version: row.version,
})
