/** Stores an entity. Roles an entity holds are given and taken by the rule for everybody. */
import type { EntityContent } from '@gatehouse/contracts/http/authz/entities'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findEntityRow, insertEntity } from '../../store/entities.ts'
import type { EntityRow } from '../../store/schema.ts'
import { announceEntityStored } from '../../announce/entity.ts'
import { grantRulesOf } from '../../model/change-grants.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import type { OpenModel } from '../../model/open-model.ts'
import { done, type Outcome } from '../../model/refusal.ts'
import { entityView } from '../../views/entity.ts'
import type { VersionedEntity } from './get-entity.ts'
import {
  changeEntities,
  decideEntity,
  entityPermissions,
  requireStorable,
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
  requireStorable(caller, input)
  const may = await entityPermissions(deps, caller)
  return changeEntities(deps, caller, input, (tx, model) => put(tx, { model, caller, input, may }))
}

type Put = {
  model: OpenModel
  caller: OrgCaller
  input: EntityChange & { content: EntityContent }
  may: EntityPermissions
}

async function put(tx: Tx, { model, caller, input, may }: Put): Promise<Outcome<VersionedEntity>> {
  const { orgId } = caller
  const { type, id: key, content } = input
  const known = await findEntityRow(tx, { orgId, type, key })
  if (!input.isExpected(known?.deleted === false ? known.version : 0)) return { kind: 'changed' }
  const decided = decideEntity(model, { entity: { type, id: key }, known, content, may, grants: grantRulesOf(model) })
  if (decided.kind !== 'done') return decided
  const { present, next } = decided.value
  if (!next) return done(versioned(present, model))
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
