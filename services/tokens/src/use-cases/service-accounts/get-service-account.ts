/** One service account, or all of the organization, newest first. */
import type { ServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { findServiceAccount, listServiceAccounts as listRows } from '../../store/service-accounts.ts'
import { requirePermission } from './require-permission.ts'
import { serviceAccountView } from './service-account-views.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function getServiceAccount(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  id: string,
): Promise<ServiceAccount> {
  await requirePermission(deps, caller, permissions.readServiceAccounts)
  const row = await readInScope(deps.db, { orgId: caller.orgId }, (tx) => findServiceAccount(tx, id))
  if (row === undefined) throw problem('not_found')
  return serviceAccountView(row)
}

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listServiceAccounts(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  o: { limit: number; cursor: string | undefined },
): Promise<PageOf<ServiceAccount>> {
  const { orgId } = caller
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('svc', id))
  await requirePermission(deps, caller, permissions.readServiceAccounts)
  const beforeId = after === undefined ? undefined : String(after[0])
  const rows = await readInScope(deps.db, { orgId }, (tx) => listRows(tx, { orgId, limit: o.limit + 1, beforeId }))
  const { data, page } = pageOf(rows, o.limit, (last) => [last.id])
  return { data: data.map(serviceAccountView), page }
}
