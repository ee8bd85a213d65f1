/**
 * A client that is replaced by a new one as soon as a connection was lost. A connection object of postgres 3.4 that
 * lost its server in mid-write may never write again (porsager/postgres#1154), so after an outage the old pool is not
 * trusted: it finishes what runs and is closed.
 */
import type postgres from 'postgres'
import { onDriverFault } from './driver-faults.ts'
import { isConnectionLost, isOutdatedPlan } from './errors.ts'
import { inOneTrip, type OneTrip, type Statement } from './one-trip.ts'
import type { StatementNaming } from './prepared-statements.ts'

type Begin = (run: (tx: postgres.TransactionSql) => unknown) => Promise<unknown>
/** `isRaw`: in which shape the rows are wanted. */
type Query = { then: (done?: unknown, failed?: unknown) => unknown; isRaw?: unknown }

export type FreshClient = {
  /**
   * What drizzle uses of a client, `options`, `unsafe` and `begin`, and what `readInScope` does, `inOneTrip`: always of
   * the present pool.
   */
  client: postgres.Sql
  close(): Promise<void>
}

/** New pools are made at most this often: while the server is away every query fails. */
const restMs = 250
const closeTimeoutSeconds = 5

/**
 * `make` opens nothing by itself; it is called again for each replacement. Without `naming` no statement is prepared.
 */
export function createFreshClient(make: () => postgres.Sql, naming?: StatementNaming): FreshClient {
  const named = <C extends Pick<postgres.Sql, 'unsafe'>>(client: C): C => naming?.apply(client) ?? client
  let present = named(make())
  let madeAtMs = performance.now()
  let isClosed = false

  const beginAfresh = (): void => {
    if (isClosed || performance.now() - madeAtMs < restMs) return
    const old = present
    present = named(make())
    madeAtMs = performance.now()
    void old.end({ timeout: closeTimeoutSeconds }).catch(() => undefined)
  }
  const noticing = (error: unknown): never => {
    if (isConnectionLost(error)) beginAfresh()
    throw error
  }
  const watched = <Q>(query: Q): Q => onFailureOf(query, noticing)
  const unsafe = (...args: Parameters<postgres.Sql['unsafe']>) =>
    askedAgain(watched(present.unsafe(...args)), () => watched(present.unsafe(...args)))
  const facade = {
    get options() {
      return present.options
    },
    unsafe,
    begin: (run: Parameters<Begin>[0]) => (present.begin as Begin)((tx) => run(named(tx))).catch(noticing),
    inOneTrip: (opening: string, statement: Statement): OneTrip => {
      const trip = inOneTrip(present, opening, statement)
      void watched(trip.statement)
      return trip
    },
  }
  const forget = onDriverFault(beginAfresh)
  return {
    client: facade as unknown as postgres.Sql,
    close: () => {
      isClosed = true
      forget()
      return present.end({ timeout: closeTimeoutSeconds })
    },
  }
}

/** A query runs when it is awaited, so its failure is seen by standing between it and whoever awaits. */
function onFailureOf<Q>(given: Q, failing: (error: unknown) => unknown): Q {
  const query = given as Query
  const then = query.then.bind(query)
  query.then = (done, failed) => (then(undefined, failing) as Promise<unknown>).then(done as never, failed as never)
  return given
}

/** What an outdated plan has refused is asked once more; rows come in the shape that was wanted. */
const askedAgain = <Q>(given: Q, again: () => Q): Q =>
  onFailureOf(given, (error) => {
    if (!isOutdatedPlan(error)) throw error
    return Object.assign(again() as Query, { isRaw: (given as Query).isRaw })
  })
