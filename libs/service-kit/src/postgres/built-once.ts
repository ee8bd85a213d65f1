/**
 * Queries that are written once for each database. To write the text of a query over many columns takes more of a
 * process than to send it; what changes from one time to the next is a placeholder in it.
 */
import type { Queryable } from './connect.ts'

/** `build` ends in `prepare`, whose name means nothing: which statements have names is decided per connection. */
export function builtOnce<Query>(build: (db: Queryable) => Query): (db: Queryable) => Query {
  const built = new WeakMap<Queryable, Query>()
  return (db) => {
    const known = built.get(db)
    if (known !== undefined) return known
    const query = build(db)
    built.set(db, query)
    return query
  }
}
