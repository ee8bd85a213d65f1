/** The keys of a service account, newest first, without their secrets. */
import type { ApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { listApiKeys as listRows } from '../../store/api-keys.ts'
import { findServiceAccount } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, readAsOwner } from '../owner-scope.ts'
import { type AccountDeps, requireAccounts } from './account-scope.ts'
import { presentMakers } from './makers-of-keys.ts'
import { apiKeyView } from './service-account-views.ts'

/** @throws AppError `forbidden`, `not_found`, `invalid_cursor` */
export async function listApiKeys(
  deps: AccountDeps,
  scope: OwnerScope,
  o: { serviceAccountId: string; maker: string | undefined; limit: number; cursor: string | undefined },
): Promise<PageOf<ApiKey>> {
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('apk', id))
  await requireAccounts(deps, scope, 'read')
  const { serviceAccountId, limit } = o
  const createdBy = o.maker === undefined ? undefined : `user:${o.maker}`
  const beforeId = after === undefined ? undefined : String(after[0])
  const rows = await readAsOwner(
    deps,
    scope,
    async (tx) =>
      (await findServiceAccount(tx, { id: serviceAccountId, ...ownerOf(scope) })) &&
      listRows(tx, { serviceAccountId, createdBy, limit: limit + 1, beforeId }),
  )
  if (rows === undefined) throw problem('not_found')
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  const isPresent = await presentMakers(deps, { ...ownerOf(scope), keys: data })
  return { data: data.map((key) => apiKeyView(key, isPresent(key))), page }
}
