/** The keys of a service account, newest first, without their secrets. */
import type { ApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { listApiKeys as listRows } from '../../store/api-keys.ts'
import { findServiceAccount } from '../../store/service-accounts.ts'
import { requirePermission } from './require-permission.ts'
import { apiKeyView } from './service-account-views.ts'

/** @throws AppError `forbidden`, `not_found`, `invalid_cursor` */
export async function listApiKeys(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  o: { serviceAccountId: string; limit: number; cursor: string | undefined },
): Promise<PageOf<ApiKey>> {
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('apk', id))
  await requirePermission(deps, caller, permissions.readServiceAccounts)
  const { serviceAccountId, limit } = o
  const beforeId = after === undefined ? undefined : String(after[0])
  const rows = await inScope(
    deps.db,
    { orgId: caller.orgId },
    async (tx) =>
      (await findServiceAccount(tx, serviceAccountId)) &&
      listRows(tx, { serviceAccountId, limit: limit + 1, beforeId }),
  )
  if (rows === undefined) throw problem('not_found')
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  return { data: data.map(apiKeyView), page }
}
