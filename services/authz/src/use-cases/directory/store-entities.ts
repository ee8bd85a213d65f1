/**
 * Stores many entities of one type under one lock: all of them or none, in as few statements as they need. Everything
 * is decided before anything is written, and of what is stored already only one slice is held at a time.
 */
import type { EntityContent } from '@gatehouse/contracts/http/authz/entities'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Work } from '@gatehouse/policy/compile/work'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import type { DefinitionError } from '../../domain/role-definition.ts'
import { findEntityRows, newVersion, storeVersions, type NewVersion } from '../../store/entity-batches.ts'
import type { EntityRow } from '../../store/schema.ts'
import { announceEntitiesStored } from '../../announce/entity.ts'
import { grantRulesByRole, type GrantRules } from '../../model/change-grants.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import type { OpenModel } from '../../model/open-model.ts'
import { done, type Outcome, type Refusal } from '../../model/refusal.ts'
import {
  changeEntities,
  decideEntity,
  entityPermissions,
  whyNotStored,
  type EntityPermissions,
} from './change-entities.ts'

type Item = EntityContent & { readonly id: string }
type Batch = {
  readonly type: string
  readonly entities: readonly Item[]
  /** Where an entity stands in what was sent, for errors. */
  placeOf(index: number): string
  readonly signal?: AbortSignal | undefined
}
export type StoredEntities = { stored: number; unchanged: number }

/** @throws AppError `forbidden`, `validation_failed` with the place of each entity that is wrong */
export async function storeEntities(deps: Deps, caller: OrgCaller, batch: Batch): Promise<StoredEntities> {
  await requirePermission(deps, caller, permissions.writeEntities)
  const may = await entityPermissions(deps, caller)
  return changeEntities(deps, caller, batch, async (tx, model) => {
    const grants = grantRulesByRole(model)
    const stored = await store(tx, { model, caller, batch, may, grants, keys: new Set(), errors: [], next: [] })
    if (stored.kind === 'done') keepAnswer(stored.value)
    return stored
  })
}

type Storing = {
  readonly model: OpenModel
  readonly caller: OrgCaller
  readonly batch: Batch
  readonly may: EntityPermissions
  readonly grants: GrantRules
  /** Of the entities that were looked at. */
  readonly keys: Set<string>
  readonly errors: DefinitionError[]
  /** The versions to store. */
  readonly next: NewVersion[]
}

/** Entities of one statement: as many as are made and taken apart in a few milliseconds. */
const atOnce = 250
/** Bytes of one statement, unless one entity has more. */
const mostBytesAtOnce = 256 * 1024
/** Wrong entities that are named. */
const mostErrors = 50

async function store(tx: Tx, storing: Storing): Promise<Outcome<StoredEntities>> {
  const { caller, batch, errors, next } = storing
  const { type, entities, signal } = batch
  const { orgId } = caller
  for (let from = 0; from < entities.length && errors.length < mostErrors; from += atOnce) {
    const some = entities.slice(from, from + atOnce)
    const known = await findEntityRows(tx, { orgId, type, keys: some.map(({ id }) => id) })
    const deciding = decide(storing, { some, from, known })
    const refusal = await inTurns(deciding, { work: 'entities', key: orgId, signal })
    if (refusal) return refusal
  }
  if (errors.length > 0) return { kind: 'invalid', errors: errors.slice(0, mostErrors) }
  for (const versions of inSlices(next)) {
    signal?.throwIfAborted()
    if (!(await storeVersions(tx, { orgId, type, versions }))) return { kind: 'changed' }
    await announceEntitiesStored(tx, { orgId, type, versions, actor: actorOf(caller) })
  }
  return done({ stored: next.length, unchanged: entities.length - next.length })
}

function* inSlices(versions: readonly NewVersion[]): Iterable<readonly NewVersion[]> {
  let slice: NewVersion[] = []
  let bytes = 0
  for (const version of versions) {
    if (slice.length === atOnce || (slice.length > 0 && bytes + version.text.length > mostBytesAtOnce)) {
      yield slice
      slice = []
      bytes = 0
    }
    slice.push(version)
    bytes += version.text.length
  }
  if (slice.length > 0) yield slice
}

/** Steps of deciding on an entity: its roles and attributes are held against the model and against what is stored. */
const stepsPerEntity = 2_000
const stepsPerAttribute = 200
const bytesPerStep = 10

type Slice = { readonly some: readonly Item[]; readonly from: number; readonly known: ReadonlyMap<string, EntityRow> }

/** Adds to `next` and to `errors`, in parts: one for each entity. */
function* decide(storing: Storing, { some, from, known }: Slice): Work<Refusal | undefined> {
  const { model, batch, may, grants, errors, next } = storing
  const { type } = batch
  for (const [place, { id: key, ...content }] of some.entries()) {
    const at = batch.placeOf(from + place)
    const why = whyNot(storing, key)
    if (why !== undefined) errors.push({ path: `${at}/id`, message: why })
    const before = known.get(key)
    const decided = decideEntity(model, { entity: { type, id: key }, known: before, content, may, grants })
    let bytes = 0
    if (decided.kind === 'invalid')
      errors.push(...decided.errors.map(({ path, message }) => ({ path: `${at}${path}`, message })))
    else if (decided.kind !== 'done') return decided
    else if (decided.value.next && errors.length === 0) {
      const { attributes, roleIds } = decided.value.next
      const version = { id: before?.id ?? newId('ent'), version: (before?.version ?? 0) + 1 }
      const made = newVersion({ ...version, key, attributes, roleIds })
      next.push(made)
      bytes = made.text.length
    }
    yield stepsPerEntity + stepsPerAttribute * Object.keys(content.attributes).length + bytes / bytesPerStep
  }
  return undefined
}

function whyNot({ keys, caller, batch: { type } }: Storing, id: string): string | undefined {
  if (keys.has(id)) return 'is there already'
  keys.add(id)
  return whyNotStored(caller, { type, id })
}
