/**
 * Operators bring the memberships of people who came from another system. What an importer may give is asked once per
 * organization, before anything is written; a membership that is there, or that was ended here, is left as it is.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { ImportedMembership, MembershipOutcome } from '@gatehouse/contracts/http/orgs/membership-imports'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/permissions.ts'
import { findMember, insertMember } from '../store/memberships.ts'
import { findOrganization } from '../store/organizations.ts'
import { announceMembershipCreated } from './announce.ts'

type ImportDeps = Pick<Deps, 'clients' | 'spine' | 'system'>
type Import = { memberships: readonly ImportedMembership[]; reason: string }
type Outcome = Omit<MembershipOutcome, 'user_id' | 'organization_id'>

/** One outcome a line, in order. @throws AppError `forbidden` */
export async function importMemberships(
  deps: ImportDeps,
  caller: UserCaller,
  { memberships, reason }: Import,
): Promise<{ data: MembershipOutcome[] }> {
  const { authz, identity } = deps.clients
  requireAllowed(await authz.decideForPlatform(caller, permissions.importUsers), caller, permissions.importUsers)
  const people = await identity.profilesOf([...new Set(memberships.map(({ user_id: id }) => id))])
  const grants = await grantsOf(deps, caller, memberships)
  const outcomes = new Map<ImportedMembership, Outcome>()
  await deps.spine.write(
    {},
    async (tx) => {
      // In one order for all requests, so that two that meet wait for each other once and never in a circle.
      for (const line of [...memberships].sort(byPlace)) {
        const refused = people.has(line.user_id) ? await refusalIn(tx, line) : 'person_unknown'
        outcomes.set(line, refused ? { status: 'refused', reason: refused } : await joinOne(tx, line))
      }
    },
    { db: 'system' },
  )
  return {
    data: memberships.map((line) => {
      const { user_id, organization_id } = line
      return { user_id, organization_id, ...(outcomes.get(line) as Outcome) }
    }),
  }

  async function refusalIn(tx: Tx, line: ImportedMembership): Promise<Outcome['reason']> {
    const organization = await findOrganization(tx, line.organization_id)
    if (organization === undefined) return 'organization_unknown'
    return organization.status === 'active' ? grants.refusalOf(line) : 'organization_inactive'
  }

  async function joinOne(tx: Tx, line: ImportedMembership): Promise<Outcome> {
    const { user_id: userId, organization_id: orgId, roles } = line
    const row = await insertMember(tx, { id: newId('mem'), orgId, userId, roles: [...roles] })
    if (row !== undefined) {
      await announceMembershipCreated(tx, row, actorOf(caller), { reason })
      return { status: 'created', membership_id: row.id }
    }
    const member = await findMember(tx, { orgId, userId })
    if (member === undefined) return { status: 'refused', reason: 'removed_before' }
    return { status: 'unchanged', membership_id: member.id }
  }
}

const placeOf = ({ organization_id: org, user_id: user }: ImportedMembership): string => `${org} ${user}`
const byPlace = (a: ImportedMembership, b: ImportedMembership): number => (placeOf(a) < placeOf(b) ? -1 : 1)

/** What the importer may give, by organization. */
async function grantsOf(
  { clients }: Pick<Deps, 'clients'>,
  { userId }: UserCaller,
  memberships: readonly ImportedMembership[],
): Promise<{ refusalOf(line: ImportedMembership): 'roles_unknown' | 'roles_refused' | undefined }> {
  const wanted = new Map<string, Set<string>>()
  for (const { organization_id: orgId, roles } of memberships)
    wanted.set(orgId, new Set([...(wanted.get(orgId) ?? []), ...roles]))
  const answers = new Map<string, { unknown: string[]; refused: string[] }>()
  for (const [orgId, roles] of wanted)
    answers.set(orgId, await clients.authz.checkGrantableRoles({ orgId, grantedBy: userId, roles: [...roles] }))
  return {
    refusalOf({ organization_id: orgId, roles }) {
      const answer = answers.get(orgId)
      if (roles.some((role) => answer?.unknown.includes(role))) return 'roles_unknown'
      return roles.some((role) => answer?.refused.includes(role)) ? 'roles_refused' : undefined
    },
  }
}
