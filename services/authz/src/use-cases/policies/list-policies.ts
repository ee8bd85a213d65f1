/** The organization's own policies, by key. */
import type { Policy } from '@gatehouse/contracts/http/authz/policies'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { listPoliciesPage } from '../../store/policies.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { pageAt, type ListQuery } from '../../views/page-at.ts'
import { policyView } from '../../views/policy.ts'

/** As of `at`. @throws AppError `forbidden`, `validation_failed`, `invalid_cursor` */
export async function listPolicies(deps: Deps, caller: OrgCaller, query: ListQuery): Promise<PageOf<Policy>> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const { orgId } = caller
  const { data, page } = await pageAt(deps, query, {
    length: 1,
    isPlace: ([key]) => typeof key === 'string',
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, (tx) => listPoliciesPage(tx, { orgId, limit, at, afterKey: after?.map(String)[0] })),
    placeOf: ({ key }) => [key],
  })
  return { data: data.map(policyView), page }
}
