/**
 * Members in the order they joined. Names and addresses come from identity, who alone keeps them, and roles from
 * authz: a search and a filter by role ask about so many members a request, and their page says where the next request
 * goes on.
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

/** What the neighbours have to be asked for. */
export type SoughtHolders = { role?: string | undefined; secondFactor?: 'present' | 'missing' | undefined }
type Sought = SoughtHolders & { search?: string | undefined }

type Input = { limit: number; cursor?: string | undefined } & Sought & MemberFilter

/**
 * Who filters by a role learns who holds it, which takes the right to read roles; who filters by a second factor, the
 * right to read the settings that may require it. @throws AppError `forbidden`
 */
export async function requireFilterRights(
  deps: Pick<Deps, 'clients'>,
  caller: OrgCaller,
  { role, secondFactor }: SoughtHolders,
): Promise<void> {
  await requirePermission(deps, caller, permissions.readMembers)
  if (role !== undefined) await requirePermission(deps, caller, permissions.readRoles)
  if (secondFactor !== undefined) await requirePermission(deps, caller, permissions.readSettings)
}

/**
 * @throws AppError `forbidden`, `invalid_cursor`; `upstream_failed` when identity cannot answer; 503 when authz
 * cannot
 */
export async function listMembers(
  deps: Pick<Deps, 'db' | 'clients'>,
  caller: OrgCaller,
  input: Input,
): Promise<PageOf<Member>> {
  const { orgId } = caller
  const { limit, search, role, secondFactor, cursor, ...filter } = input
  const after = positionIn(cursor)
  await requireFilterRights(deps, caller, { role, secondFactor })
  if (search !== undefined || role !== undefined || secondFactor !== undefined)
    return seekMembers(deps, { orgId, limit, after, ...filter }, { search, role, secondFactor })
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

/** As many as a neighbour is asked about in one call, and how many such batches one request may cost. */
export const batchSize = 200
const batchesPerRequest = 5

type Scope = { orgId: string; limit: number; after: MemberPosition | undefined } & MemberFilter

async function seekMembers(
  deps: Pick<Deps, 'db' | 'clients'>,
  { limit, ...scope }: Scope,
  sought: Sought,
): Promise<PageOf<Member>> {
  const found: Member[] = []
  let { after } = scope
  for (let batch = 0; batch < batchesPerRequest; batch++) {
    const where = { ...scope, after, limit: batchSize }
    const rows = await readInScope(deps.db, { orgId: scope.orgId }, (tx) => listRows(tx, where))
    const matching = await matchesAmong(deps, { orgId: scope.orgId, rows, ...sought })
    for (const row of rows) {
      const member = matching.get(row.id)
      if (member) {
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

type Among = { orgId: string; rows: readonly MembershipRow[] }

/** By their membership's id. */
async function matchesAmong(
  deps: Pick<Deps, 'clients'>,
  { search, ...sought }: Sought & Among,
): Promise<Map<string, Member>> {
  const members = await withProfiles(deps, await fittingAmong(deps, sought))
  const wanted = search === undefined ? members : members.filter(({ user }) => contains(user, search))
  return new Map(wanted.map((member) => [member.id, member]))
}

/** identity is asked about those alone who hold the role. */
export async function fittingAmong(
  deps: Pick<Deps, 'clients'>,
  { orgId, rows, role, secondFactor }: SoughtHolders & Among,
): Promise<readonly MembershipRow[]> {
  const membershipIds = rows.map(({ id }) => id)
  const holders = role === undefined ? undefined : await deps.clients.authz.holdersOf({ orgId, role, membershipIds })
  const held = holders === undefined ? rows : rows.filter(({ id }) => holders.has(id))
  return secondFactor === undefined ? held : byFactor(deps, held, secondFactor)
}

async function byFactor(
  { clients }: Pick<Deps, 'clients'>,
  rows: readonly MembershipRow[],
  wanted: 'present' | 'missing',
): Promise<MembershipRow[]> {
  const strong = await clients.identity.withSecondFactor(rows.map(({ userId }) => userId))
  return rows.filter(({ userId }) => strong.has(userId) === (wanted === 'present'))
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
