/**
 * Who belongs to an organization, page by page in the order of their ids: what a search looks through. Now, or as of
 * `at`.
 */
import { and, asc, eq, gt, ne } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { memberships, serviceAccounts } from './schema.ts'
import { validAt } from './validity.ts'

type Page = { orgId: string; afterId?: string | undefined; limit: number; at?: Date | undefined }

export async function listMemberIds(db: Queryable, { orgId, afterId, limit, at }: Page): Promise<string[]> {
  const rest = afterId === undefined ? undefined : gt(memberships.userId, afterId)
  const rows = await db
    .select({ id: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.orgId, orgId), eq(memberships.status, 'active'), validAt(memberships, at), rest))
    .orderBy(asc(memberships.userId))
    .limit(limit)
  return rows.map(({ id }) => id)
}

export async function listServiceAccountIds(db: Queryable, { orgId, afterId, limit, at }: Page): Promise<string[]> {
  const rest = afterId === undefined ? undefined : gt(serviceAccounts.id, afterId)
  const rows = await db
    .select({ id: serviceAccounts.id })
    .from(serviceAccounts)
    .where(
      and(eq(serviceAccounts.orgId, orgId), ne(serviceAccounts.status, 'deleted'), validAt(serviceAccounts, at), rest),
    )
    .orderBy(asc(serviceAccounts.id))
    .limit(limit)
  return rows.map(({ id }) => id)
}
