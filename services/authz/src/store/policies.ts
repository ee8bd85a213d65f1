/** Policies over time, in the way of roles. */
import {
  and,
  arrayOverlaps,
  asc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNull,
  notInArray,
  or,
  sql,
  type SQL,
} from 'drizzle-orm'
import type { PolicySource } from '@gatehouse/contracts/http/authz/policies'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { policies, type ContentOf, type PolicyRow } from './schema.ts'
import { endingNow, validAt } from './validity.ts'
import { closeVersion, insertFirst, insertNext, listVersions } from './versions.ts'

const current = isNull(policies.validTo)

const inReachOf = (orgId: string | undefined): SQL | undefined =>
  orgId === undefined ? isNull(policies.orgId) : or(isNull(policies.orgId), eq(policies.orgId, orgId))

/** Policies a decision in this organization can meet; without one: the platform's. Now, or as of `at`. */
export async function listPoliciesInReach(db: Queryable, orgId: string | undefined, at?: Date): Promise<PolicyRow[]> {
  return db
    .select()
    .from(policies)
    .where(and(validAt(policies, at), inReachOf(orgId)))
    .orderBy(sql`${policies.orgId} is not null`, asc(policies.key))
}

export type PolicyVersion = Pick<PolicyRow, 'id' | 'version' | 'validFrom'>

/** Which versions these are, without what they say, in the order of `listPoliciesInReach`. */
export async function listPolicyVersionsInReach(
  db: Queryable,
  orgId: string | undefined,
  at?: Date,
): Promise<PolicyVersion[]> {
  return db
    .select({ id: policies.id, version: policies.version, validFrom: policies.validFrom })
    .from(policies)
    .where(and(validAt(policies, at), inReachOf(orgId)))
    .orderBy(sql`${policies.orgId} is not null`, asc(policies.key))
}

/** What these versions say, in force or not. */
export async function findPolicyVersions(db: Queryable, versions: readonly PolicyVersion[]): Promise<PolicyRow[]> {
  const ids = sql.join(
    versions.map(({ id, version }) => sql`(${uuidOf(id, 'pol')}::uuid, ${version}::bigint)`),
    sql`, `,
  )
  return db
    .select()
    .from(policies)
    .where(sql`(${policies.id}, ${policies.version}) in (${ids})`)
}

/** As people read a policy: without the condition that was made of its source, which is many times as long. */
export type WrittenPolicyRow = Omit<PolicyRow, 'condition'>
const { condition: _condition, ...written } = getTableColumns(policies)
export const writtenPolicy = written

/** One page of the organization's own, by key. */
export async function listPoliciesPage(
  db: Queryable,
  o: { orgId: string; limit: number; afterKey?: string | undefined; at?: Date | undefined },
): Promise<WrittenPolicyRow[]> {
  const rest = o.afterKey === undefined ? undefined : gt(policies.key, o.afterKey)
  return db
    .select(written)
    .from(policies)
    .where(and(validAt(policies, o.at), eq(policies.orgId, o.orgId), rest))
    .orderBy(asc(policies.key))
    .limit(o.limit)
}

/** The current version of an organization's own policy. */
export async function findPolicy(db: Queryable, o: { orgId: string; id: string }): Promise<PolicyRow | undefined> {
  const [row] = await db
    .select()
    .from(policies)
    .where(and(eq(policies.id, o.id), eq(policies.orgId, o.orgId), current))
  return row
}

/** Inserts a first version; undefined when the key is taken in its organization. */
export const insertPolicy = (
  db: Queryable,
  row: Omit<ContentOf<PolicyRow>, 'createdAt'> & { createdAt?: Date; validFrom?: string },
): Promise<PolicyRow | undefined> => insertFirst(db, policies, row)

export const closePolicy = (db: Queryable, o: { id: string; version: number }): Promise<PolicyRow | undefined> =>
  closeVersion(db, policies, o)

export type PolicyRowContent = Pick<
  PolicyRow,
  'effect' | 'resourceType' | 'actions' | 'roles' | 'whenSource' | 'condition' | 'obligation' | 'tests'
>

/** A policy as people write one, with the condition that was made of its source. */
export const rowContent = (source: PolicySource, condition: CheckedIr | undefined): PolicyRowContent => ({
  effect: source.effect,
  resourceType: source.resource_type,
  actions: source.actions,
  roles: source.roles ?? null,
  whenSource: source.when ?? null,
  condition: condition ?? null,
  obligation: source.obligation ?? null,
  tests: source.tests ?? null,
})

export const insertNextPolicy = (db: Queryable, closed: PolicyRow, content: PolicyRowContent): Promise<PolicyRow> =>
  insertNext(db, policies, { closed, content })

export const listPolicyVersions = (
  db: Queryable,
  o: { orgId: string; id: string; limit: number; beforeVersion?: number },
): Promise<PolicyRow[]> => listVersions(db, policies, o)

export async function findPolicyVersion(
  db: Queryable,
  o: { orgId: string; id: string; version: number },
): Promise<PolicyRow | undefined> {
  const [row] = await db
    .select()
    .from(policies)
    .where(and(eq(policies.id, o.id), eq(policies.orgId, o.orgId), eq(policies.version, o.version)))
  return row
}

/** Ends every current policy of the application but those with `keys`. */
export async function claimApplicationPolicyEnds(
  db: Queryable,
  o: { application: string; except: readonly string[] },
): Promise<PolicyRow[]> {
  const others = o.except.length === 0 ? undefined : notInArray(policies.key, [...o.except])
  return db
    .update(policies)
    .set({ validTo: endingNow(policies.validFrom) })
    .where(and(eq(policies.application, o.application), current, others))
    .returning()
}

/**
 * Current policies of every organization and every other application that are about one of these types or name one of
 * these roles, in batches.
 */
export async function* eachPolicyNaming(
  db: Queryable,
  o: { types: readonly string[]; roles: readonly string[]; exceptApplication: string },
): AsyncGenerator<PolicyRow> {
  const about = o.types.length === 0 ? sql`false` : inArray(policies.resourceType, [...o.types])
  const naming = o.roles.length === 0 ? sql`false` : arrayOverlaps(policies.roles, [...o.roles])
  const others = sql`${policies.application} is distinct from ${o.exceptApplication}`
  for (let after: string | undefined; ;) {
    const rest = after === undefined ? undefined : gt(policies.id, after)
    const rows = await db
      .select()
      .from(policies)
      .where(and(current, others, sql`(${about} or ${naming})`, rest))
      .orderBy(asc(policies.id))
      .limit(namingBatch)
    yield* rows
    if (rows.length < namingBatch) return
    after = rows.at(-1)?.id
  }
}
const namingBatch = 50
