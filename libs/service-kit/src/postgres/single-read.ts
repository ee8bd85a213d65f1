/** One statement under a scope, in one round trip: the scope is set by the statement that begins the transaction. */
import { currentContext } from '../context/request-context.ts'
import { uuidOf } from '../ids/type-id.ts'
import type { Db, Queryable } from './connect.ts'
import { isOutdatedPlan } from './errors.ts'
import type { OneTrip, Statement } from './one-trip.ts'
import { inScope, type Scope } from './transaction.ts'

type Session = {
  client: { inOneTrip(opening: string, statement: Statement): OneTrip }
  dialect: unknown
  schema: unknown
  options: unknown
}
type Made = new (...parts: unknown[]) => never
/** drizzle keeps what it was made of, and its client inside its session. */
type Parts = { session: Session; dialect: unknown; constructor: Made }

/**
 * What `read` asks in its one statement, read only. The scope ends with the transaction, as that of `inScope` does.
 *
 * @throws Error when `read` asks for a second statement
 */
export async function readInScope<T>(db: Db, scope: Scope, read: (db: Queryable) => Promise<T>): Promise<T> {
  // An answer that is kept for a repeat is written by the same transaction.
  if (currentContext()?.beforeCommit !== undefined) return inScope(db, scope, read)
  const { client } = (db as unknown as Parts).session
  const opening = openingUnder(scope)
  let trip: OneTrip | undefined
  const unsafe = (...statement: Statement) => {
    if (trip !== undefined) throw new Error('a single read has one statement')
    trip = client.inOneTrip(opening, statement)
    return trip.statement
  }
  try {
    const result = await read(over(db, { unsafe, options: {} }))
    await (trip as OneTrip | undefined)?.ended
    return result
  } catch (error) {
    if (!isOutdatedPlan(error)) throw error
    return inScope(db, scope, read)
  }
}

/** The simple protocol takes no parameters: the values are what `uuidOf` makes, hexadecimal digits and hyphens. */
function openingUnder({ orgId, userId }: Scope): string {
  const parts = ['begin read only']
  if (orgId !== undefined) parts.push(`set local app.org_id = '${uuidOf(orgId, 'org')}'`)
  if (userId !== undefined) parts.push(`set local app.user_id = '${uuidOf(userId, 'user')}'`)
  return parts.join('; ')
}

function over(db: Db, client: object): Queryable {
  const { session, dialect, constructor } = db as unknown as Parts
  const own: unknown = new (session.constructor as Made)(client, session.dialect, session.schema, session.options)
  return new constructor(dialect, own, session.schema)
}
