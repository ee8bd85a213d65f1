/** Validity of rows by database time: which one holds at a moment, and how the current one ends. */
import { isNull, sql, type SQL } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'

type Validity = { validFrom: AnyPgColumn; validTo: AnyPgColumn }

/** Now; never before its beginning, though clocks of transactions overlap. */
export const endingNow = (validFrom: AnyPgColumn): SQL<string> => sql<string>`greatest(clock_timestamp(), ${validFrom})`

/** Rows in force at `at`, beginning included and end excluded; without it, the current ones. */
export const validAt = ({ validFrom, validTo }: Validity, at?: Date): SQL =>
  at === undefined
    ? isNull(validTo)
    : sql`(${validFrom} <= ${at.toISOString()}::timestamptz and (${validTo} is null
      or ${validTo} > ${at.toISOString()}::timestamptz))`
