/** Entities of an organization: stored, read, listed, removed. Roles an entity holds are given and taken by the rule for everybody. */
import type { Entity, EntityContent } from '@gatehouse/contracts/http/authz/entities'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId, newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { changesBetween } from '../../domain/changes.ts'
import { isOrganization, isPlatformPrincipal } from '../../domain/directory.ts'
import { checkEntityDefinition } from '../../domain/entity-definition.ts'
import { isAssignable, permissions } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import { closeEntity, findEntityRow, insertEntity, insertNextEntity, listEntityRows } from '../../store/entities.ts'
import type { EntityRow } from '../../store/schema.ts'
import { announceEntityDeleted, announceEntityStored } from '../announce/entity.ts'
import { findUndelegable } from '../assignments/change-grants.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { factsAt } from '../../facts/fact-cache.ts'
import { openModel, type OpenModel } from '../open-model.ts'
import { pageAt, type ListQuery } from '../page-at.ts'
import { done, valueOf, type Outcome } from '../refusal.ts'
import { entityView } from '../views.ts'

export type VersionedEntity = { entity: Entity; version: number }
type Named = { type: string; id: string }
/** `isExpected` judges the stored version by the request's precondition. */
export type EntityChange = Named & { isExpected(version: number): boolean }

/** By id, as of `at`. @throws AppError `forbidden`, `validation_failed`, `invalid_cursor` */
export async function listEntities(
  deps: Deps,
  caller: OrgCaller,
  query: ListQuery & { readonly type: string },
): Promise<PageOf<Entity>> {
  await requirePermission(deps, caller, permissions.readEntities)
  const { orgId } = caller
  const { data, page, at } = await pageAt(deps, query, {
    length: 1,
    isPlace: ([id]) => typeof id === 'string',
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, (tx) =>
        listEntityRows(tx, { orgId, type: query.type, limit, at, afterId: after?.map(String)[0] }),
      ),
    placeOf: ({ key }) => [key],
  })
  const model = await factsAt(deps.factCache, at).model(orgId)
  return { data: data.map((row) => entityView(row, roleKeysOf(model, row.roleIds))), page }
}

/** @throws AppError `forbidden`, `not_found` */
export async function getEntity(deps: Deps, caller: OrgCaller, { type, id }: Named): Promise<VersionedEntity> {
  await requirePermission(deps, caller, permissions.readEntities)
  const { orgId } = caller
  const row = await inScope(deps.db, { orgId }, (tx) => findEntityRow(tx, { orgId, type, key: id }))
  if (!row || row.deleted) throw problem('not_found')
  const model = await deps.factCache.model(orgId)
  return { entity: entityView(row, roleKeysOf(model, row.roleIds)), version: row.version }
}

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
  if ((input.content.roles ?? []).length > 0) await requirePermission(deps, caller, permissions.assignRoles)
  return writing(deps, caller, input, (tx, model) => put(tx, { model, caller, input }))
}

async function put(
  tx: Tx,
  { model, caller, input }: { model: OpenModel; caller: OrgCaller; input: EntityChange & { content: EntityContent } },
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
  const before = present?.roleIds ?? []
  const refusal = findUndelegable(model, [
    ...roleIds.filter((id) => !before.includes(id)),
    ...before.filter((id) => !roleIds.includes(id)),
  ])
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

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export async function deleteEntity(deps: Deps, caller: OrgCaller, input: EntityChange): Promise<void> {
  await requirePermission(deps, caller, permissions.writeEntities)
  const { orgId } = caller
  return writing(deps, caller, input, async (tx, model) => {
    const known = await findEntityRow(tx, { orgId, type: input.type, key: input.id })
    if (!known || known.deleted) return { kind: 'not_found' }
    if (!input.isExpected(known.version)) return { kind: 'changed' }
    const refusal = findUndelegable(model, known.roleIds)
    if (refusal) return refusal
    const row = await supersede(tx, known, { attributes: {}, roleIds: [], deleted: true })
    if (!row) return { kind: 'changed' }
    await announceEntityDeleted(tx, { row, actor: actorOf(caller) })
    return done(undefined)
  })
}

async function supersede(
  tx: Tx,
  known: EntityRow,
  content: Pick<EntityRow, 'attributes' | 'roleIds' | 'deleted'>,
): Promise<EntityRow | undefined> {
  const closed = await closeEntity(tx, known)
  return closed && insertNextEntity(tx, closed, content)
}

const versioned = (row: EntityRow, { rolesById }: Pick<OpenModel, 'rolesById'>): VersionedEntity => ({
  entity: entityView(
    row,
    row.roleIds.flatMap((id) => rolesById.get(id)?.key ?? []),
  ),
  version: row.version,
})

async function writing<T>(
  deps: Deps,
  caller: OrgCaller,
  { type }: Named,
  change: (tx: Tx, model: OpenModel) => Promise<Outcome<T>>,
): Promise<T> {
  const nowMs = deps.clock.now().getTime()
  const { orgId } = caller
  const outcome = await deps.spine.write({ orgId }, async (tx) => change(tx, await openModel(tx, { caller, nowMs })), {
    announce: 'await',
  })
  deps.factCache.dropEntities({ orgId, type })
  return valueOf(outcome)
}
