/** The organization's own policies, by key. */
import type { Policy } from '@gatehouse/contracts/http/authz/policies'
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/platform.ts'
import { listPoliciesPage } from '../store/policies.ts'
import { requirePermission } from './check-permissions.ts'
import { policyView } from './views.ts'

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listPolicies(deps: Deps, caller: OrgCaller, input: { limit: number; cursor?: string | undefined }): Promise<PageOf<Policy>> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const { orgId } = caller
  const after = decodeCursor(input.cursor, 1, ([key]) => typeof key === 'string')
  const rows = await inScope(deps.db, { orgId }, (tx) => listPoliciesPage(tx, { orgId, limit: input.limit + 1, ...(after ? { afterKey: String(after[0]) } : {}) }))
  const { data, page } = pageOf(rows, input.limit, (row) => [row.key])
  return { data: data.map(policyView), page }
}
