/** All that decides about a new session, in one statement under the scope of its person. */
import type { AccessRules } from '@gatehouse/contracts/events/orgs/organization'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { eq, sql } from 'drizzle-orm'
import type { UsableMembership } from '../domain/choose-organization.ts'
import { type Client, clientColumns } from './clients.ts'
import type { UserState } from './projections.ts'
import { clients, userStates } from './schema.ts'

export type SignInFacts = {
  client: Client
  user: UserState | null
  /** The organization the person last acted for in any session. */
  lastOrganizationId: string | undefined
  /** At most two that give access now, the wanted one first: the named one, else the last. */
  memberships: readonly UsableMembership[]
}

type MembershipRow = {
  id: string
  version: number
  organization_id: string
  organization_version: number
  requires_mfa: boolean
  factor_roles: string[] | null
  access_rules: AccessRules | null
}

/** Undefined for an unknown client. */
export async function findSignInFacts(
  tx: Queryable,
  o: { clientId: string; userId: string; organizationId: string | undefined },
): Promise<SignInFacts | undefined> {
  const user = uuidOf(o.userId, 'user')
  const last = sql`(select s.last_organization_id from sessions s where s.user_id = ${user}::uuid
    and s.last_organization_id is not null
    order by s.last_seen_at desc limit 1)`
  const wanted = o.organizationId === undefined ? last : sql`${uuidOf(o.organizationId, 'org')}::uuid`
  const [row] = await tx
    .select({
      client: clientColumns,
      user: userStates,
      last: sql<string | null>`${last}`,
      memberships: sql<MembershipRow[] | null>`(select jsonb_agg(m) from (
        select m.id, m.version, m.organization_id, o.version as organization_version,
          coalesce(o.mfa_required_from <= now(), false) as requires_mfa, o.access_rules,
          case when o.mfa_roles is not null then (
            select jsonb_agg(r ->> 'role') from jsonb_array_elements(o.mfa_roles) r
            where (r ->> 'required_from')::timestamptz <= now()) end as factor_roles
        from membership_states m join organization_states o on o.id = m.organization_id
        where m.user_id = ${user}::uuid and m.status = 'active' and o.status = 'active'
        order by (m.organization_id = ${wanted}) is true desc limit 2) m)`,
    })
    .from(clients)
    .leftJoin(userStates, eq(userStates.id, o.userId))
    .where(eq(clients.id, o.clientId))
  if (row === undefined) return undefined
  return {
    client: row.client,
    user: row.user,
    lastOrganizationId: row.last === null ? undefined : typeIdOf('org', row.last),
    memberships: (row.memberships ?? []).map((one) => ({
      membershipId: typeIdOf('mem', one.id),
      membershipVersion: one.version,
      organizationId: typeIdOf('org', one.organization_id),
      organizationVersion: one.organization_version,
      requiresMfa: one.requires_mfa,
      factorRoles: one.factor_roles,
      accessRules: one.access_rules,
    })),
  }
}
