/** Members in the order they joined; names and addresses come from identity, who alone keeps them. */
import type { Member } from '@gatehouse/contracts/http/orgs/organizations'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type CursorValues, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { listMembers as listRows, type MemberPosition } from '../store/memberships.ts'
import { requirePermission } from './require-permission.ts'
import { memberView } from './views.ts'

/** @throws AppError `forbidden`, `invalid_cursor`; `upstream_failed` when identity cannot answer. */
export async function listMembers(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  input: { limit: number; cursor?: string | undefined },
): Promise<PageOf<Member>> {
  const { orgId } = caller
  const after = positionOf(input.cursor)
  await requirePermission(deps, caller, permissions.readMembers)
  const rows = await readInScope(deps.db, { orgId }, (tx) => listRows(tx, { orgId, limit: input.limit + 1, after }))
  const { data, page } = pageOf(rows, input.limit, (last) => [last.joinedAt.getTime(), last.id])
  const profiles = await deps.clients.identity.profilesOf(data.map((row) => row.userId))
  return { data: data.map((row) => memberView(row, profiles.get(row.userId))), page }
}

/** The end of the year 9999: what lies behind it is no date PostgreSQL reads. */
const latestMs = Date.UTC(9999, 11, 31)

const isPosition = ([joinedAtMs, id]: CursorValues): boolean =>
  typeof joinedAtMs === 'number' && joinedAtMs >= 0 && joinedAtMs <= latestMs && isTypeId('mem', id)

function positionOf(cursor: string | undefined): MemberPosition | undefined {
  const values = decodeCursor(cursor, 2, isPosition) as [number, string] | undefined
  return values && { joinedAt: new Date(values[0]), id: values[1] }
}
