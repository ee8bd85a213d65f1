/** Stored entities of a type, by id. */
import type { Entity } from '@gatehouse/contracts/http/authz/entities'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import { listEntityRows } from '../../store/entities.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { factsAt } from '../../facts/fact-cache.ts'
import { pageAt, type ListQuery } from '../../views/page-at.ts'
import { entityView } from '../../views/entity.ts'

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
