/** The current state in batches, for readers that begin anew; the caller's transaction makes all batches one moment. */
import { and, asc, gt, isNull } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { assignments, policies, roles, type AssignmentRow, type PolicyRow, type RoleRow } from './schema.ts'

const batchSize = 1000

async function* inBatches<Row extends { id: string }>(
  read: (after: string | undefined) => Promise<Row[]>,
): AsyncGenerator<Row> {
  for (let after: string | undefined; ;) {
    const rows = await read(after)
    yield* rows
    if (rows.length < batchSize) return
    after = rows.at(-1)?.id
  }
}

export const eachRole = (db: Queryable): AsyncGenerator<RoleRow> =>
  inBatches((after) =>
    db
      .select()
      .from(roles)
      .where(and(isNull(roles.validTo), after === undefined ? undefined : gt(roles.id, after)))
      .orderBy(asc(roles.id))
      .limit(batchSize),
  )

export const eachPolicy = (db: Queryable): AsyncGenerator<PolicyRow> =>
  inBatches((after) =>
    db
      .select()
      .from(policies)
      .where(and(isNull(policies.validTo), after === undefined ? undefined : gt(policies.id, after)))
      .orderBy(asc(policies.id))
      .limit(batchSize),
  )

export const eachAssignment = (db: Queryable): AsyncGenerator<AssignmentRow> =>
  inBatches((after) =>
    db
      .select()
      .from(assignments)
      .where(and(isNull(assignments.validTo), after === undefined ? undefined : gt(assignments.id, after)))
      .orderBy(asc(assignments.id))
      .limit(batchSize),
  )
