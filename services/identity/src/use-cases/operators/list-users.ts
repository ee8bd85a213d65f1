/** People, for operators of the platform. */
import type { ManagedUser as UserOnWire } from '@gatehouse/contracts/http/identity/operators'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { findManagedUser, listManagedUsers, type ManagedUser } from '../../store/managed-users.ts'
import { requirePermission } from './require-permission.ts'

type ListDeps = Pick<Deps, 'clients' | 'system'>
type Query = { limit?: number; cursor?: string; search?: string; status?: ManagedUser['status'] }

/** @throws AppError `forbidden`, `invalid_cursor` */
export async function listUsers(deps: ListDeps, caller: UserCaller, query: Query): Promise<PageOf<UserOnWire>> {
  await requirePermission(deps, caller, permissions.readUsers)
  const after = decodeCursor(query.cursor, 1, ([id]) => isTypeId('user', id))
  const limit = query.limit ?? 50
  const rows = await listManagedUsers(deps.system, {
    limit: limit + 1,
    afterId: after === undefined ? undefined : String(after[0]),
    search: query.search,
    status: query.status,
  })
  const { data, page } = pageOf(rows, limit, (last) => [last.id])
  return { data: data.map(onWire), page }
}

/** @throws AppError `forbidden`, `not_found` */
export async function getUser(deps: ListDeps, caller: UserCaller, userId: string): Promise<UserOnWire> {
  await requirePermission(deps, caller, permissions.readUsers)
  const found = await findManagedUser(deps.system, userId)
  if (found === undefined) throw problem('not_found')
  return onWire(found)
}

const onWire = ({ address, isEmailVerified, createdAt, updatedAt, ...user }: ManagedUser): UserOnWire => ({
  ...user,
  email: address,
  email_verified: isEmailVerified,
  created_at: createdAt,
  updated_at: updatedAt,
})
