/**
 * What tokens knows of users, organizations and memberships, from the events of their owners. A row takes a newer
 * version only, so repeats and reordering change nothing; what was removed stays as a tombstone.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, inArray, lt, sql } from 'drizzle-orm'
import type { UsableMembership } from '../domain/choose-organization.ts'
import { membershipStates, organizationStates, userStates } from './schema.ts'

export type UserState = typeof userStates.$inferSelect
export type OrganizationState = typeof organizationStates.$inferSelect
export type MembershipState = typeof membershipStates.$inferSelect

/** `status` and `sessionsMinVersion` absent keep the known ones: the event was about something else. */
export async function upsertUserState(
  tx: Queryable,
  state: { id: string; version: number; status?: UserState['status']; sessionsMinVersion?: number },
): Promise<void> {
  const { id, version, status, sessionsMinVersion } = state
  await tx
    .insert(userStates)
    .values({ id, version, status: status ?? 'active', sessionsMinVersion: sessionsMinVersion ?? 0 })
    .onConflictDoUpdate({
      target: userStates.id,
      set: { version, ...(status !== undefined && { status }) },
      setWhere: lt(userStates.version, version),
    })
  // A floor only rises, whichever version was known before.
  if (sessionsMinVersion !== undefined)
    await tx
      .update(userStates)
      .set({ sessionsMinVersion })
      .where(and(eq(userStates.id, id), lt(userStates.sessionsMinVersion, sessionsMinVersion)))
}

/** What is absent but may be keeps the known value: the event was about something else. */
export async function upsertOrganizationState(
  tx: Queryable,
  state: Pick<OrganizationState, 'id' | 'version' | 'status'> &
    Partial<Pick<OrganizationState, 'mfaRequiredFrom' | 'mfaRoles' | 'slug' | 'accessRules'>>,
): Promise<void> {
  const { id: _, ...rest } = state
  await tx
    .insert(organizationStates)
    .values(state)
    .onConflictDoUpdate({
      target: organizationStates.id,
      set: rest,
      setWhere: lt(organizationStates.version, state.version),
    })
}

/** Whether the organization is deleted: of its members nothing is kept any more. */
export async function isDeletedOrganization(tx: Queryable, id: string): Promise<boolean> {
  const [row] = await tx
    .select({ status: organizationStates.status })
    .from(organizationStates)
    .where(eq(organizationStates.id, id))
  return row?.status === 'removed'
}

export async function upsertMembershipState(tx: Queryable, state: MembershipState): Promise<void> {
  const { id: _, ...rest } = state
  await tx
    .insert(membershipStates)
    .values(state)
    .onConflictDoUpdate({
      target: membershipStates.id,
      set: rest,
      setWhere: lt(membershipStates.version, state.version),
    })
}

export async function deleteUserStates(tx: Queryable): Promise<void> {
  await tx.delete(userStates)
}

export async function deleteOrganizationsAndMemberships(tx: Queryable): Promise<void> {
  await tx.delete(membershipStates)
  await tx.delete(organizationStates)
}

export async function findUserState(db: Queryable, id: string): Promise<UserState | undefined> {
  const [row] = await db.select().from(userStates).where(eq(userStates.id, id))
  return row
}

export async function findSlug(db: Queryable, organizationId: string): Promise<string | undefined> {
  const [row] = await db
    .select({ slug: organizationStates.slug })
    .from(organizationStates)
    .where(eq(organizationStates.id, organizationId))
  return row?.slug ?? undefined
}

/** The active organization of this slug. A slug that changed hands is with two for a moment: then it is nobody's. */
export async function findOrganizationBySlug(db: Queryable, slug: string): Promise<string | undefined> {
  const [found, another] = await db
    .select({ id: organizationStates.id })
    .from(organizationStates)
    .where(and(eq(organizationStates.slug, slug), eq(organizationStates.status, 'active')))
    .limit(2)
  return another === undefined ? found?.id : undefined
}

/** People who are disabled, or of whom an active session is of an older version than theirs may be. */
export async function listUsersWithEndedSessions(db: Queryable): Promise<UserState[]> {
  return await db
    .select()
    .from(userStates)
    .where(
      sql`${userStates.status} = 'disabled' or exists (select from sessions s
        where s.user_id = ${userStates.id} and s.status = 'active'
          and s.user_version < ${userStates.sessionsMinVersion})`,
    )
}

/** Whether the organization requires a second factor by now, by the clock of the database. */
export const requiresMfa = sql<boolean>`coalesce(${organizationStates.mfaRequiredFrom} <= now(), false)`

/** Keys of the roles that require a second factor by now, by the clock of the database; null: none does. */
export const factorRoles = sql<string[] | null>`case when ${organizationStates.mfaRoles} is not null then (
  select jsonb_agg(r ->> 'role') from jsonb_array_elements(${organizationStates.mfaRoles}) r
  where (r ->> 'required_from')::timestamptz <= now()) end`

/** Memberships that give access now: the named ones, or any when none is named. */
export async function listUsableMemberships(
  tx: Queryable,
  o: { userId: string; organizationIds?: string[]; limit: number },
): Promise<UsableMembership[]> {
  return await tx
    .select({
      membershipId: membershipStates.id,
      membershipVersion: membershipStates.version,
      organizationId: membershipStates.organizationId,
      organizationVersion: organizationStates.version,
      requiresMfa,
      factorRoles,
      accessRules: organizationStates.accessRules,
    })
    .from(membershipStates)
    .innerJoin(organizationStates, eq(organizationStates.id, membershipStates.organizationId))
    .where(
      and(
        eq(membershipStates.userId, o.userId),
        eq(membershipStates.status, 'active'),
        eq(organizationStates.status, 'active'),
        o.organizationIds && inArray(membershipStates.organizationId, o.organizationIds),
      ),
    )
    .limit(o.limit)
}

/** Whether an event that names this person waits to be replayed: then a "no" about them would be a guess. */
export async function hasParkedEventAbout(db: Queryable, userId: string): Promise<boolean> {
  const rows = await db.execute(sql`select 1 from parked_events where event->'data'->>'user_id' = ${userId} limit 1`)
  return rows.length > 0
}
