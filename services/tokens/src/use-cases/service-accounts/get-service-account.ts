/** One service account, or all of its owner, newest first. */
import type { ServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { findServiceAccount, listServiceAccounts as listRows } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, readOnceAsOwner } from '../owner-scope.ts'
import { type AccountDeps, requireAccounts } from './account-scope.ts'
import { serviceAccountView } from './service-account-views.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function getServiceAccount(deps: AccountDeps, scope: OwnerScope, id: string): Promise<ServiceAccount> {
  await requireAccounts(deps, scope, 'read')
  const row = await readOnceAsOwner(deps, scope, (tx) => findServiceAccount(tx, { id, ...ownerOf(scope) }))
  if (row === undefined) throw problem('not_found')
  return serviceAccountView(row)
}

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listServiceAccounts(
  deps: AccountDeps,
  scope: OwnerScope,
  o: { limit: number; cursor: string | undefined },
): Promise<PageOf<ServiceAccount>> {
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('svc', id))
  await requireAccounts(deps, scope, 'read')
  const beforeId = after === undefined ? undefined : String(after[0])
  const rows = await readOnceAsOwner(deps, scope, (tx) =>
    listRows(tx, { ...ownerOf(scope), limit: o.limit + 1, beforeId }),
  )
  const { data, page } = pageOf(rows, o.limit, (last) => [last.id])
  return { data: data.map(serviceAccountView), page }
}
