/** Invitations of the organization, newest first. */
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { listInvitations as listRows, type InvitationFilter } from '../store/invitations.ts'
import { requirePermission } from './require-permission.ts'
import { invitationView } from './views.ts'

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listInvitations(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  { cursor, ...input }: { limit: number; cursor?: string | undefined } & InvitationFilter,
): Promise<PageOf<Invitation>> {
  const { orgId } = caller
  const [beforeId] = (decodeCursor(cursor, 1, ([id]) => isTypeId('inv', id)) as [string] | undefined) ?? []
  await requirePermission(deps, caller, permissions.inviteMembers)
  const rows = await readInScope(deps.db, { orgId }, (tx) =>
    listRows(tx, { ...input, orgId, limit: input.limit + 1, beforeId }),
  )
  return pageOf(rows.map(invitationView), input.limit, (last) => [last.id])
}
