/**
 * A statement and the transaction around it in one round trip. The driver's own `begin` waits for an answer before it
 * sends on; here opening, statement and commit are put on one connection together, and their answers come together.
 *
 * The hook `onexecute`, through which `begin` itself takes its connection, hands the connection out (postgres 3.4;
 * `test/postgres/single-read.test.ts` holds what is relied on). `reserve` would be the documented way, but it never
 * resolves on a connection that is opened a second time.
 */
import type postgres from 'postgres'

/** What `begin` uses of a connection. */
type Connection = {
  /** False: nothing more may be sent before the connection is ready again. */
  execute(query: Query): boolean
  /** Called when the connection is ready and its transaction is still open. */
  reserved: (() => void) | null
  onclose: ((error: Error) => void) | null
}
type Query = postgres.PendingQuery<postgres.Row[]> & { executed: boolean; reject(error: unknown): void }
type Unsafe = (...statement: Statement) => Query

export type Statement = Parameters<postgres.Sql['unsafe']>
export type OneTrip = {
  readonly statement: Query
  /** Resolves when the transaction is over. What was only read is no less true when that does not go well. */
  readonly ended: Promise<unknown>
}

/** `opening` begins the transaction; it has no parameters. */
export function inOneTrip(client: Pick<postgres.Sql, 'unsafe'>, opening: string, statement: Statement): OneTrip {
  // The driver throws at such a value when the statement is in its queue already, whose order would stay wrong.
  if (statement[1]?.includes(undefined as never)) throw new TypeError('undefined is no parameter of a statement')
  const unsafe = client.unsafe.bind(client) as unknown as Unsafe
  const asked = unsafe(...statement)
  const commit = unsafe('commit')
  // Awaiting them does not send them: the pool would choose another connection.
  for (const query of [asked, commit]) query.executed = true
  const waiting = [asked, commit]
  const fail = (error: unknown): void => {
    for (const query of [asked, commit]) query.reject(error)
  }
  const onexecute = (connection: Connection): void => {
    const send = (): void => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) if (!connection.execute(next)) return
    }
    connection.reserved = send
    connection.onclose = fail
    send()
  }
  unsafe(opening, [], { onexecute } as object).catch(fail)
  return { statement: asked, ended: commit.catch(() => undefined) }
}
