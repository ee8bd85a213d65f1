/**
 * What owners of API keys are told without asking: that one expires soon, and that its maker is gone. A notice is
 * claimed by a conditional UPDATE that gives the key's next version, so each is told once.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, asc, eq, exists, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import type { ApiKey } from './api-keys.ts'
import { apiKeys, membershipStates, organizationStates, serviceAccounts, userStates } from './schema.ts'

const next = sql`${apiKeys.version} + 1`
const lives = and(eq(apiKeys.status, 'active'), sql`${apiKeys.expiresAt} > now()`)
const ofOwner = (orgId: string | null) => (orgId === null ? isNull(apiKeys.orgId) : eq(apiKeys.orgId, orgId))

/** Whether the key expires within so many days and was made for longer than that: a short life needs no reminder. */
const isDue = (days: 14 | 3): SQL =>
  sql`${apiKeys.expiresAt} <= now() + make_interval(days => ${days})
    and ${apiKeys.expiresAt} - ${apiKeys.createdAt} > make_interval(days => ${days})`

/**
 * Claims up to `limit` keys that expire soon, each with the number of days to tell of. A key that was rotated, and one
 * of an account or an organization that is not active, opens nothing that anybody would miss.
 */
export async function claimExpiringKeys(system: Queryable, limit: number): Promise<ApiKey[]> {
  const due = system
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(
      and(
        lives,
        isNull(apiKeys.replacedBy),
        sql`${apiKeys.remindedDays} is distinct from 3`,
        sql`(${isDue(3)} or ${apiKeys.remindedDays} is null and ${isDue(14)})`,
        exists(
          system
            .select({ id: serviceAccounts.id })
            .from(serviceAccounts)
            .where(and(eq(serviceAccounts.id, apiKeys.serviceAccountId), eq(serviceAccounts.status, 'active'))),
        ),
        or(
          isNull(apiKeys.orgId),
          exists(
            system
              .select({ id: organizationStates.id })
              .from(organizationStates)
              .where(and(eq(organizationStates.id, apiKeys.orgId), eq(organizationStates.status, 'active'))),
          ),
        ),
      ),
    )
    .orderBy(asc(apiKeys.expiresAt))
    .limit(limit)
    .for('update', { skipLocked: true })
  return await system
    .update(apiKeys)
    .set({ remindedDays: sql`case when ${isDue(3)} then 3 else 14 end`, version: next })
    .where(inArray(apiKeys.id, due))
    .returning()
}

/** Claims up to `limit` live keys of the owner that this actor made. */
export async function claimKeysOfMaker(
  system: Queryable,
  o: { orgId: string | null; createdBy: string; limit: number },
): Promise<ApiKey[]> {
  const made = system
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(lives, ofOwner(o.orgId), eq(apiKeys.createdBy, o.createdBy)))
    .orderBy(asc(apiKeys.id))
    .limit(o.limit)
    .for('update')
  return await system.update(apiKeys).set({ version: next }).where(inArray(apiKeys.id, made)).returning()
}

/** Which of these people still belong: to the organization, or, where it is the platform, as active people. */
export async function listPresentPeople(
  system: Queryable,
  { orgId, userIds }: { orgId: string | null; userIds: string[] },
): Promise<string[]> {
  if (userIds.length === 0) return []
  const rows =
    orgId === null
      ? await system
          .select({ id: userStates.id })
          .from(userStates)
          .where(and(inArray(userStates.id, userIds), eq(userStates.status, 'active')))
      : await system
          .select({ id: membershipStates.userId })
          .from(membershipStates)
          .where(
            and(
              eq(membershipStates.organizationId, orgId),
              inArray(membershipStates.userId, userIds),
              ne(membershipStates.status, 'removed'),
            ),
          )
  return rows.map(({ id }) => id)
}

/** Which of these service accounts are not deleted. */
export async function listPresentAccounts(system: Queryable, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await system
    .select({ id: serviceAccounts.id })
    .from(serviceAccounts)
    .where(and(inArray(serviceAccounts.id, ids), ne(serviceAccounts.status, 'deleted')))
  return rows.map(({ id }) => id)
}
