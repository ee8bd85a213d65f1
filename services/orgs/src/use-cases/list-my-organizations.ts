/** The organizations a person belongs to, under their own scope: row-level security shows nobody else's. */
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { listOrganizationsOf } from '../store/organizations.ts'
import { organizationView } from './views.ts'

/** @throws AppError `invalid_cursor` */
export async function listMyOrganizations(
  deps: Pick<Deps, 'db'>,
  { userId }: Pick<UserCaller, 'userId'>,
  input: { limit: number; cursor?: string | undefined; status?: 'active' | 'deleting' | undefined },
): Promise<PageOf<Organization>> {
  const [afterId] = (decodeCursor(input.cursor, 1, ([id]) => isTypeId('org', id)) as [string] | undefined) ?? []
  const rows = await readInScope(deps.db, { userId }, (tx) =>
    listOrganizationsOf(tx, { userId, limit: input.limit + 1, afterId, status: input.status }),
  )
  return pageOf(rows.map(organizationView), input.limit, (last) => [last.id])
}
