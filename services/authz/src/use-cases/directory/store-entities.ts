/** Stores many entities of one type under one lock: all of them or none, in as many statements as one takes. */
import type { EntityContent } from '@gatehouse/contracts/http/authz/entities'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Work } from '@gatehouse/policy/compile/work'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import type { DefinitionError } from '../../domain/role-definition.ts'
import { closeEntities, findEntityRows, insertEntities, type NewEntityRow } from '../../store/entities.ts'
import type { EntityRow } from '../../store/schema.ts'
import { announceEntitiesStored } from '../../announce/entity.ts'
import { grantRulesByRole } from '../../model/change-grants.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import type { OpenModel } from '../../model/open-model.ts'
import { done, type Outcome } from '../../model/refusal.ts'
import {
  changeEntities,
  decideEntity,
  entityPermissions,
  whyNotStored,
  type EntityPermissions,
} from './change-entities.ts'

type Batch = {
  readonly type: string
  readonly entities: readonly (EntityContent & { readonly id: string })[]
  readonly signal?: AbortSignal | undefined
}
export type StoredEntities = { stored: number; unchanged: number }

/** @throws AppError `forbidden`, `validation_failed` with the place of each entity that is wrong */
export async function storeEntities(deps: Deps, caller: OrgCaller, batch: Batch): Promise<StoredEntities> {
  await requirePermission(deps, caller, permissions.writeEntities)
  const may = await entityPermissions(deps, caller)
  return changeEntities(deps, caller, batch, (tx, model) => store(tx, { model, caller, batch, may }))
}

type Storing = { model: OpenModel; caller: OrgCaller; batch: Batch; may: EntityPermissions }
type Known = ReadonlyMap<string, EntityRow>

/** Entities of one statement: as many as are made and taken apart in a few milliseconds. */
const atOnce = 50

async function store(tx: Tx, storing: Storing): Promise<Outcome<StoredEntities>> {
  const { caller, batch } = storing
  const { type, entities, signal } = batch
  const { orgId } = caller
  const known = new Map<string, EntityRow>()
  for (const some of inSlices(entities))
    for (const row of await findEntityRows(tx, { orgId, type, keys: some.map(({ id }) => id) })) known.set(row.key, row)
  const decided = await inTurns(deciding(storing, known), { work: 'entities', key: orgId, signal })
  if (decided.kind !== 'done') return decided
  for (const next of inSlices(decided.value)) {
    signal?.throwIfAborted()
    const ended = await closeEntities(
      tx,
      next.flatMap(({ key }) => known.get(key) ?? []),
    )
    const rows = await insertEntities(tx, { rows: next, ended })
    if (rows.length < next.length) return { kind: 'changed' }
    await announceEntitiesStored(tx, { rows, actor: actorOf(caller) })
  }
  return done({ stored: decided.value.length, unchanged: entities.length - decided.value.length })
}

function* inSlices<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let from = 0; from < items.length; from += atOnce) yield items.slice(from, from + atOnce)
}

/** Steps of deciding on an entity: its roles and attributes are held against the model and against what is stored. */
const stepsPerEntity = 2_000
const stepsPerAttribute = 200

/** The versions to store, in parts: one for each entity. */
function* deciding({ model, caller, batch, may }: Storing, known: Known): Work<Outcome<NewEntityRow[]>> {
  const { type, entities } = batch
  const { orgId } = caller
  const errors = [...repeated(batch), ...unstorable(caller, batch)]
  const next: NewEntityRow[] = []
  const grants = grantRulesByRole(model)
  for (const [index, { id: key, ...content }] of entities.entries()) {
    const before = known.get(key)
    const decided = decideEntity(model, { entity: { type, id: key }, known: before, content, may, grants })
    yield stepsPerEntity + stepsPerAttribute * Object.keys(content.attributes).length
    if (decided.kind === 'invalid')
      errors.push(...decided.errors.map((error) => ({ ...error, path: `/entities/${index}${error.path}` })))
    else if (decided.kind !== 'done') return decided
    else if (decided.value.next) {
      const version = { id: before?.id ?? newId('ent'), version: (before?.version ?? 0) + 1 }
      next.push({ ...version, orgId, type, key, ...decided.value.next })
    }
  }
  return errors.length > 0 ? { kind: 'invalid', errors: errors.slice(0, 50) } : done(next)
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
