/** Removes an entity. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findEntityRow } from '../../store/entities.ts'
import { announceEntityDeleted } from '../../announce/entity.ts'
import { grantRulesOf } from '../../model/change-grants.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { done } from '../../model/refusal.ts'
import {
  changeEntities,
  entityPermissions,
  refuseEntityChange,
  supersede,
  type EntityChange,
} from './change-entities.ts'

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export async function deleteEntity(deps: Deps, caller: OrgCaller, input: EntityChange): Promise<void> {
  await requirePermission(deps, caller, permissions.writeEntities)
  const { orgId } = caller
  const may = await entityPermissions(deps, caller)
  return changeEntities(deps, caller, input, async (tx, model) => {
    const known = await findEntityRow(tx, { orgId, type: input.type, key: input.id })
    if (!known || known.deleted) return { kind: 'not_found' }
    if (!input.isExpected(known.version)) return { kind: 'changed' }
    const refusal = refuseEntityChange(model, {
      grants: grantRulesOf(model),
      entity: input,
      before: known,
      after: { attributes: {}, roleIds: [] },
      may,
    })
    if (refusal) return refusal
    const row = await supersede(tx, known, { attributes: {}, roleIds: [], deleted: true })
    if (!row) return { kind: 'changed' }
    await announceEntityDeleted(tx, { row, actor: actorOf(caller) })
    return done(undefined)
  })
}
