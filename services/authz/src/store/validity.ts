/** The end of a row's validity by database time; never before its beginning, though clocks of transactions overlap. */
import { sql, type SQL } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'

export const endingNow = (validFrom: AnyPgColumn): SQL<string> => sql<string>`greatest(clock_timestamp(), ${validFrom})`
