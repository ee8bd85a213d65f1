/** Stores many entities of one type under one lock: all of them or none, in as many statements as one takes. */
import { setImmediate } from 'node:timers/promises'
import type { EntityContent } from '@gatehouse/contracts/http/authz/entities'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import type { DefinitionError } from '../../domain/role-definition.ts'
import { closeEntities, findEntityRows, insertEntities, type NewEntityRow } from '../../store/entities.ts'
import { announceEntitiesStored } from '../announce/entity.ts'
import { grantRulesByRole } from '../assignments/change-grants.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import type { OpenModel } from '../open-model.ts'
import { done, type Outcome } from '../refusal.ts'
import {
  changeEntities,
  decideEntity,
  entityPermissions,
  whyNotStored,
  type EntityPermissions,
} from './change-entities.ts'

/** Entities decided on before others are let go first. */
const turn = 20

type Batch = { readonly type: string; readonly entities: readonly (EntityContent & { readonly id: string })[] }
export type StoredEntities = { stored: number; unchanged: number }

/** @throws AppError `forbidden`, `validation_failed` with the place of each entity that is wrong */
export async function storeEntities(deps: Deps, caller: OrgCaller, batch: Batch): Promise<StoredEntities> {
  await requirePermission(deps, caller, permissions.writeEntities)
  const may = await entityPermissions(deps, caller)
  return changeEntities(deps, caller, batch, (tx, model) => store(tx, { model, caller, batch, may }))
}

type Storing = { model: OpenModel; caller: OrgCaller; batch: Batch; may: EntityPermissions }

async function store(tx: Tx, { model, caller, batch, may }: Storing): Promise<Outcome<StoredEntities>> {
  const { type, entities } = batch
  const { orgId } = caller
  const errors = [...repeated(batch), ...unstorable(caller, batch)]
  const known = await findEntityRows(tx, { orgId, type, keys: entities.map(({ id }) => id) })
  const next: NewEntityRow[] = []
  const grants = grantRulesByRole(model)
  for (const [index, { id: key, ...content }] of entities.entries()) {
    if (index % turn === turn - 1) await setImmediate()
    const before = known.get(key)
    const decided = decideEntity(model, { entity: { type, id: key }, known: before, content, may, grants })
    if (decided.kind === 'invalid')
      errors.push(...decided.errors.map((error) => ({ ...error, path: `/entities/${index}${error.path}` })))
    else if (decided.kind !== 'done') return decided
    else if (decided.value.next)
      next.push({
        id: before?.id ?? newId('ent'),
        version: (before?.version ?? 0) + 1,
        orgId,
        type,
        key,
        ...decided.value.next,
      })
  }
  if (errors.length > 0) return { kind: 'invalid', errors: errors.slice(0, 50) }
  const ended = await closeEntities(
    tx,
    next.flatMap(({ key }) => known.get(key) ?? []),
  )
  const rows = await insertEntities(tx, { rows: next, ended })
  if (rows.length < next.length) return { kind: 'changed' }
  await announceEntitiesStored(tx, { rows, actor: actorOf(caller) })
  return done({ stored: rows.length, unchanged: entities.length - rows.length })
}

function repeated({ entities }: Batch): DefinitionError[] {
  const seen = new Set<string>()
  return entities.flatMap(({ id }, index) => {
    const isThere = seen.has(id)
    seen.add(id)
    return isThere ? [{ path: `/entities/${index}/id`, message: 'is there already' }] : []
  })
}

const unstorable = (caller: OrgCaller, { type, entities }: Batch): DefinitionError[] =>
  entities.flatMap(({ id }, index) => {
    const why = whyNotStored(caller, { type, id })
    return why === undefined ? [] : [{ path: `/entities/${index}/id`, message: why }]
  })
