/** Reads of an organization's policies: the right to make them, and the scope they are made in. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { requirePermission } from '../../access/check-permissions.ts'

/** @throws AppError `forbidden` */
export async function readPolicies<T>(deps: Deps, caller: OrgCaller, read: (tx: Tx) => Promise<T>): Promise<T> {
  await requirePermission(deps, caller, permissions.readPolicies)
  return inScope(deps.db, { orgId: caller.orgId }, read)
}
