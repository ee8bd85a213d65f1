/** What every change of the entity directory has in common. */
import type { EntityContent } from '@gatehouse/contracts/http/authz/entities'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { closeEntity, insertNextEntity } from '../../store/entities.ts'
import type { EntityRow } from '../../store/schema.ts'
import { changesBetween } from '../../domain/changes.ts'
import { isOrganization, isPlatformPrincipal } from '../../domain/directory.ts'
import { checkEntityDefinition } from '../../domain/entity-definition.ts'
import { isAssignable, permissions } from '../../domain/platform.ts'
import { protectedChanges } from '../../domain/protected-attributes.ts'
import type { GrantRules } from '../../model/change-grants.ts'
import { isPermitted } from '../../access/check-permissions.ts'
import { changeModel, type OpenModel } from '../../model/open-model.ts'
import { done, type Outcome, type Refusal } from '../../model/refusal.ts'
import type { Named } from './get-entity.ts'

/** `isExpected` judges the stored version by the request's precondition. */
export type EntityChange = Named & { isExpected(version: number): boolean }

export async function supersede(
  tx: Tx,
  known: EntityRow,
  content: Pick<EntityRow, 'attributes' | 'roleIds' | 'deleted'>,
): Promise<EntityRow | undefined> {
  const closed = await closeEntity(tx, known)
  return closed && insertNextEntity(tx, closed, content)
}

/**
 * Runs `change` under the lock of the organization's model; what is cached of the type goes. @throws AppError what its
 * refusal becomes
 */
export const changeEntities = <T>(
  deps: Deps,
  caller: OrgCaller,
  { type }: Pick<Named, 'type'>,
  change: (tx: Tx, model: OpenModel) => Promise<Outcome<T>>,
): Promise<T> =>
  changeModel(deps, caller, {
    change,
    forget: (cached) => cached.dropEntities({ orgId: caller.orgId, type }),
  })

/**
 * Beside `entities.write`: what giving and taking roles takes, and writing attributes that policies read of subjects.
 */
export type EntityPermissions = { readonly assignRoles: boolean; readonly writeAttributes: boolean }

/** @throws AppError `not_current` */
export async function entityPermissions(deps: Deps, caller: OrgCaller): Promise<EntityPermissions> {
  const [assignRoles, writeAttributes] = await Promise.all([
    isPermitted(deps, caller, permissions.assignRoles),
    isPermitted(deps, caller, permissions.writeAttributes),
  ])
  return { assignRoles, writeAttributes }
}

type Content = Pick<EntityRow, 'attributes' | 'roleIds'>

/** Nobody gives or takes by an entity what they do not hold. */
export function refuseEntityChange(
  model: OpenModel,
  o: { entity: Named; before: Content | undefined; after: Content; may: EntityPermissions; grants: GrantRules },
): Refusal | undefined {
  const { entity, before = { attributes: {}, roleIds: [] }, after, may } = o
  const given = after.roleIds.filter((id) => !before.roleIds.includes(id))
  const taken = before.roleIds.filter((id) => !after.roleIds.includes(id))
  if (given.length + taken.length > 0 && !may.assignRoles)
    return { kind: 'not_permitted', permission: permissions.assignRoles }
  const changes = { before: before.attributes, after: after.attributes }
  if (!may.writeAttributes && protectedChanges(model, entity, changes).length > 0)
    return { kind: 'not_permitted', permission: permissions.writeAttributes }
  return o.grants.give(given) ?? o.grants.take(taken)
}

/** What a subject or the organization may be stored as. @throws AppError `validation_failed` */
export function requireStorable(caller: OrgCaller, entity: Named): void {
  const detail = whyNotStored(caller, entity)
  if (detail !== undefined) throw problem('validation_failed', { detail })
}

export function whyNotStored({ orgId }: OrgCaller, entity: Named): string | undefined {
  if (entity.type === 'service_account' && isPlatformPrincipal(entity))
    return 'Service accounts are known to the platform; they are not stored.'
  if (isPlatformPrincipal(entity) && !isTypeId('user', entity.id))
    return 'This id is not one of the platform’s, and only those begin so.'
  if (isOrganization(entity) && entity.id !== orgId)
    return 'An organization stores what is known of itself, and of no other.'
  return undefined
}

type Stored = Pick<EntityRow, 'attributes' | 'roleIds' | 'deleted'>
type Decided =
  | { readonly present: EntityRow; readonly next: undefined }
  | { readonly present: EntityRow | undefined; readonly next: Stored }

/** What storing it comes to: a next version, or none when it says the same already. */
export function decideEntity(
  model: OpenModel,
  o: {
    entity: Named
    known: EntityRow | undefined
    content: EntityContent
    may: EntityPermissions
    grants: GrantRules
  },
): Outcome<Decided> {
  const { entity, known, content, may, grants } = o
  const present = known?.deleted === false ? known : undefined
  const { attributes, roles: keys = [] } = content
  const errors = checkEntityDefinition(
    { ...entity, attributes, roles: keys },
    { catalog: model.catalog, roles: { has: (role) => model.roles.has(role) && isAssignable(role) } },
  )
  if (errors.length > 0) return { kind: 'invalid', errors }
  const roleIds = keys.flatMap((role) => model.roles.get(role)?.id ?? []).sort()
  const after = { attributes, roleIds }
  const refusal = refuseEntityChange(model, { entity, before: present, after, may, grants })
  if (refusal) return refusal
  const before = present && { attributes: present.attributes, roleIds: present.roleIds }
  if (present && before && changesBetween(before, after).length === 0) return done({ present, next: undefined })
  return done({ present, next: { ...after, deleted: false } })
}
