/** What every change of the entity directory has in common. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { closeEntity, insertNextEntity } from '../../store/entities.ts'
import type { EntityRow } from '../../store/schema.ts'
import { openModel, type OpenModel } from '../open-model.ts'
import { valueOf, type Outcome } from '../refusal.ts'
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

export async function writing<T>(
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
