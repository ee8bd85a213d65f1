/** One stored entity with its version, which is its `ETag`. */
import type { Entity } from '@gatehouse/contracts/http/authz/entities'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import { findEntityRow } from '../../store/entities.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { entityView } from '../../views/entity.ts'

export type VersionedEntity = { entity: Entity; version: number }

export type Named = { type: string; id: string }

/** @throws AppError `forbidden`, `not_found` */
export async function getEntity(deps: Deps, caller: OrgCaller, { type, id }: Named): Promise<VersionedEntity> {
  await requirePermission(deps, caller, permissions.readEntities)
  const { orgId } = caller
  const row = await inScope(deps.db, { orgId }, (tx) => findEntityRow(tx, { orgId, type, key: id }))
  if (!row || row.deleted) throw problem('not_found')
  const model = await deps.factCache.model(orgId)
  return { entity: entityView(row, roleKeysOf(model, row.roleIds)), version: row.version }
}
