/**
 * Statements by name: parsed and planned once per connection instead of at every request, and sent in one round trip
 * instead of two, because the driver asks for the types of an unnamed statement's parameters before it binds them. Each
 * connection keeps its own; after a reconnection they are made anew. A pooler in transaction mode has to keep them too
 * (PgBouncer 1.21 and newer with `max_prepared_statements`), otherwise they are switched off.
 *
 * PostgreSQL refuses a named statement whose table was changed under it. The driver would repeat it on the same
 * connection, behind whatever was sent after it: inside another's transaction, whose rollback would undo what was
 * acknowledged. So the failure is told here, the text gets another name, and whoever knows that nothing has happened
 * asks again: a client outside of transactions, `inScope` around one.
 */
import type postgres from 'postgres'
import { isOutdatedPlan } from './errors.ts'

/**
 * Distinct texts that get a name. A service has some hundred; texts beyond that are made up of lists and would fill the
 * server's memory.
 */
const mostNamed = 400
/** Texts that were seen once; what is asked only once, as at a start, is not worth a name. */
const mostSeen = 2000

export type StatementNaming = {
  /** The client whose `unsafe`, in transactions and savepoints as well, sends by name what is asked again and again. */
  apply<C extends Pick<postgres.Sql, 'unsafe'>>(client: C): C
}

type Unsafe = (text: string, args?: unknown[], options?: postgres.UnsafeQueryOptions) => unknown
type Scoped = { unsafe: Unsafe; savepoint?: (...args: unknown[]) => unknown }

/** One for all connections of a pool, and of the pools that replace it. */
export function createStatementNaming(): StatementNaming {
  const named = new Set<string>()
  const seen = new Set<string>()
  /** How often a text was outdated. */
  const outdated = new Map<string, number>()

  const isNamed = (text: string): boolean => {
    if (named.has(text)) return true
    if (named.size >= mostNamed) return false
    if (seen.delete(text)) {
      named.add(text)
      return true
    }
    if (seen.size >= mostSeen) seen.clear()
    seen.add(text)
    return false
  }
  const apply = <C>(given: C): C => {
    const client = given as C & Scoped
    const send = client.unsafe.bind(client)
    // Without parameters the driver takes the simple protocol, in which nothing has a name: begin and commit belong
    // there.
    client.unsafe = (text, args = [], options = {}) => {
      if (args.length === 0) return send(text, args, options)
      if (!isNamed(text)) return send(text, args, { ...options, prepare: false })
      const times = outdated.get(text) ?? 0
      const query = send(times === 0 ? text : `${text} -- ${times}`, args, { ...options, prepare: true })
      return notRepeated(query as Query, (error) => {
        if (isOutdatedPlan(error)) outdated.set(text, times + 1)
      })
    }
    const savepoint = client.savepoint?.bind(client)
    if (savepoint !== undefined)
      client.savepoint = (...args) => {
        const run = args.pop() as (inner: unknown) => unknown
        return savepoint(...args, (inner: unknown) => run(apply(inner)))
      }
    return client
  }
  return { apply }
}

type Query = { prepared: unknown; reject(error: unknown): void }

/** Before the driver repeats a statement it looks whether it was `prepared`, which it has set when sending it. */
function notRepeated(query: Query, onFailure: (error: unknown) => void): Query {
  let prepared: unknown = false
  const { reject } = query
  query.reject = (error) => {
    onFailure(error)
    reject(error)
  }
  return Object.defineProperty(query, 'prepared', {
    get: () => prepared,
    set: (isSent: unknown) => {
      prepared = isSent
      // What is sent is put together at once; the answer comes later.
      queueMicrotask(() => (prepared = false))
    },
  })
}
