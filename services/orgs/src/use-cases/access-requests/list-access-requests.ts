/** Access requests: of one's organization, with who asks, or one's own in every organization. */
import type { OrgCaller, UserCaller } from '@gatehouse/access/callers/caller'
import type { AccessRequest, OwnAccessRequest } from '@gatehouse/contracts/http/orgs/access-requests'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import type { AccessRequestStatus } from '../../domain/access-request.ts'
import { permissions } from '../../domain/permissions.ts'
import { listAccessRequests as listRows } from '../../store/access-requests.ts'
import { requirePermission } from '../require-permission.ts'
import { accessRequestView, ownAccessRequestView } from './views.ts'

type Page = { limit: number; cursor: string | undefined }

const beforeIdOf = (cursor: string | undefined): string | undefined =>
  (decodeCursor(cursor, 1, ([id]) => isTypeId('arq', id)) as [string] | undefined)?.[0]

/** @throws AppError `forbidden`, `invalid_cursor`; `upstream_failed` when identity cannot answer */
export async function listAccessRequests(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  { limit, cursor, status }: Page & { status: AccessRequestStatus | undefined },
): Promise<PageOf<AccessRequest>> {
  const { orgId } = caller
  const beforeId = beforeIdOf(cursor)
  await requirePermission(deps, caller, permissions.decideAccessRequests)
  const rows = await readInScope(deps.db, { orgId }, (tx) =>
    listRows(tx, { orgId, limit: limit + 1, beforeId, status }),
  )
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  const profiles = await deps.clients.identity.profilesOf([...new Set(data.map((row) => row.userId))])
  return { data: data.map((row) => accessRequestView(row, profiles.get(row.userId))), page }
}

/** @throws AppError `invalid_cursor` */
export async function listMyAccessRequests(
  { db }: Pick<Deps, 'db'>,
  { userId }: UserCaller,
  { limit, cursor }: Page,
): Promise<PageOf<OwnAccessRequest>> {
  const beforeId = beforeIdOf(cursor)
  const rows = await readInScope(db, { userId }, (tx) => listRows(tx, { userId, limit: limit + 1, beforeId }))
  return pageOf(rows.map(ownAccessRequestView), limit, (last) => [last.id])
}
