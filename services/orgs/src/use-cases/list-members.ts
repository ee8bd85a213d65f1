/**
 * Members in the order they joined. Names and addresses come from identity, who alone keeps them: a search asks for
 * those of so many members a request, and its page says where the next request goes on.
 */
import type { Member } from '@gatehouse/contracts/http/orgs/organizations'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, encodeCursor, pageOf, type CursorValues, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { listMembers as listRows, type MemberFilter, type MemberPosition } from '../store/memberships.ts'
import type { MembershipRow } from '../store/schema.ts'
import { requirePermission } from './require-permission.ts'
import { memberView } from './views.ts'

type Input = { limit: number; cursor?: string | undefined; search?: string | undefined } & MemberFilter

/** @throws AppError `forbidden`, `invalid_cursor`; `upstream_failed` when identity cannot answer. */
export async function listMembers(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  input: Input,
): Promise<PageOf<Member>> {
  const { orgId } = caller
  const { limit, search, cursor, ...filter } = input
  const after = positionIn(cursor)
  await requirePermission(deps, caller, permissions.readMembers)
  if (search !== undefined) return searchMembers(deps, { orgId, limit, after, ...filter }, search)
  const rows = await readInScope(deps.db, { orgId }, (tx) =>
    listRows(tx, { orgId, limit: limit + 1, after, ...filter }),
  )
  const { data, page } = pageOf(rows, limit, positionOf)
  return { data: await withProfiles(deps, data), page }
}

async function withProfiles({ clients }: Pick<Deps, 'clients'>, rows: readonly MembershipRow[]): Promise<Member[]> {
  const profiles = await clients.identity.profilesOf(rows.map((row) => row.userId))
  return rows.map((row) => memberView(row, profiles.get(row.userId)))
}

/** As many as identity names in one answer, and how many such answers one request may cost. */
const batchSize = 200
const batchesPerRequest = 5

type Scope = { orgId: string; limit: number; after: MemberPosition | undefined } & MemberFilter

async function searchMembers(
  deps: Pick<Deps, 'db' | 'clients'>,
  { limit, ...scope }: Scope,
  search: string,
): Promise<PageOf<Member>> {
  const found: Member[] = []
  let { after } = scope
  for (let batch = 0; batch < batchesPerRequest; batch++) {
    const where = { ...scope, after, limit: batchSize }
    const rows = await readInScope(deps.db, { orgId: scope.orgId }, (tx) => listRows(tx, where))
    const members = await withProfiles(deps, rows)
    for (const [n, row] of rows.entries()) {
      const member = members[n]
      if (member && contains(member.user, search)) {
        // One more than fits only tells that there is more.
        if (found.length === limit) return pageUpTo(found, after)
        found.push(member)
      }
      after = row
    }
    if (rows.length < batchSize) return pageUpTo(found, undefined)
  }
  return pageUpTo(found, after)
}

const pageUpTo = (data: Member[], last: MemberPosition | undefined): PageOf<Member> => ({
  data,
  page: { next_cursor: last === undefined ? null : encodeCursor(positionOf(last)), has_more: last !== undefined },
})

/** Case and the way an accent is written make no difference. */
const folded = (text: string): string => text.normalize('NFKC').toLowerCase()

const contains = ({ name, email }: Member['user'], search: string): boolean =>
  [name, email].some((text) => folded(text).includes(folded(search)))

const positionOf = ({ joinedAt, id }: MemberPosition): CursorValues => [joinedAt.getTime(), id]

/** The end of the year 9999: what lies behind it is no date PostgreSQL reads. */
const latestMs = Date.UTC(9999, 11, 31)

const isPosition = ([joinedAtMs, id]: CursorValues): boolean =>
  typeof joinedAtMs === 'number' && joinedAtMs >= 0 && joinedAtMs <= latestMs && isTypeId('mem', id)

function positionIn(cursor: string | undefined): MemberPosition | undefined {
  const values = decodeCursor(cursor, 2, isPosition) as [number, string] | undefined
  return values && { joinedAt: new Date(values[0]), id: values[1] }
}
