/** What every change of the entity directory has in common. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { closeEntity, insertNextEntity } from '../../store/entities.ts'
import type { EntityRow } from '../../store/schema.ts'
import { permissions } from '../../domain/platform.ts'
import { protectedChanges } from '../../domain/protected-attributes.ts'
import { refuseToGive, refuseToTake } from '../assignments/change-grants.ts'
import { isPermitted } from '../decisions/check-permissions.ts'
import { changeModel, type OpenModel } from '../open-model.ts'
import type { Outcome, Refusal } from '../refusal.ts'
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

/** Runs `change` under the lock of the organization's model; what is cached of the type goes. @throws AppError what its refusal becomes */
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

/** Beside `entities.write`: what giving and taking roles takes, and writing attributes that policies read of subjects. */
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
  o: { entity: Named; before: Content | undefined; after: Content; may: EntityPermissions },
): Refusal | undefined {
  const { entity, before = { attributes: {}, roleIds: [] }, after, may } = o
  const given = after.roleIds.filter((id) => !before.roleIds.includes(id))
  const taken = before.roleIds.filter((id) => !after.roleIds.includes(id))
  if (given.length + taken.length > 0 && !may.assignRoles)
    return { kind: 'not_permitted', permission: permissions.assignRoles }
  const changes = { before: before.attributes, after: after.attributes }
  if (!may.writeAttributes && protectedChanges(model, entity, changes).length > 0)
    return { kind: 'not_permitted', permission: permissions.writeAttributes }
  return (
    refuseToGive(
      model,
      given.map((roleId) => ({ roleId })),
    ) ?? refuseToTake(model, taken)
  )
}
