/**
 * `Idempotency-Key` on routes that create or send: the first request with a key runs, a repeat gets its stored
 * answer, a different request under the same key is refused. Keys belong to a caller and a route. Only successes are
 * kept, without their secrets; a refused or failed request may be tried again under its key. Effect and answer are
 * written by one transaction (`keepAnswer`). Where a use case keeps none, the transaction notes that the effect
 * happened: when the answer could not be stored afterwards, a repeat is told so and runs nothing. A repeat is decided
 * on as any request is: it runs up to its first write, and who lost the permission meanwhile is refused.
 */
import { sql } from 'drizzle-orm'
import { problem } from '../errors/app-error.ts'
import { currentContext, newContext, runInContext } from '../context/request-context.ts'
import type { Db, Tx } from '../postgres/connect.ts'
import { rowsOf } from '../postgres/transaction.ts'
import type { IdempotencyStore, IdempotentOutcome, IdempotentRequest } from './idempotent-request.ts'

type StoredKey = { request_hash: Buffer | string; state: string; status: number | null; body: unknown }

const keepHours = 24
/** Expired rows that each new claim takes away; more than one, so that they never pile up. */
const dropAtOnce = 10
/** Longer than any request lives: after this a claim whose process died may be taken over. */
const claimSeconds = 60

/** @param deps.db - the runtime role of the service; the table is part of the spine */
export function createIdempotencyStore(deps: { db: Db }): IdempotencyStore {
  const { db } = deps
  const claim = async (at: Place, requestHash: Buffer): Promise<boolean> => {
    const claimed = await db.execute(sql`
      with dropped as (
        delete from idempotency_keys where ctid = any(array(
          select ctid from idempotency_keys where expires_at < now() - make_interval(secs => ${claimSeconds})
          order by expires_at limit ${dropAtOnce} for update skip locked)))
      insert into idempotency_keys (caller, route, key, request_hash, state, expires_at)
      values (${at.caller}, ${at.route}, ${at.key}, decode(${requestHash.toString('hex')}, 'hex'), 'in_progress',
        now() + make_interval(secs => ${claimSeconds}))
      on conflict (caller, route, key) do update
        set request_hash = excluded.request_hash, state = 'in_progress', status = null, body = null,
          created_at = now(), expires_at = excluded.expires_at
        where idempotency_keys.expires_at < now()
      returning key`)
    return rowsOf(claimed).length > 0
  }
  const find = async (at: Place): Promise<StoredKey | undefined> =>
    rowsOf<StoredKey>(
      await db.execute(sql`select encode(request_hash, 'hex') as request_hash, state, status, body from idempotency_keys
        where caller = ${at.caller} and route = ${at.route} and key = ${at.key}`),
    )[0]
  const complete = async (at: Place, status: number, body: unknown): Promise<void> => {
    await db.execute(sql`update idempotency_keys
      set state = 'done', status = ${status}, body = ${JSON.stringify(body ?? null)}::text::jsonb,
        expires_at = now() + make_interval(hours => ${keepHours})
      where caller = ${at.caller} and route = ${at.route} and key = ${at.key}`)
  }

  return {
    async once(request, run) {
      const at = placeOf(request)
      if (!(await claim(at, request.requestHash))) {
        const stored = replay(await find(at), request.requestHash)
        await untilFirstWrite(run)
        return stored
      }
      let ran: Ran
      try {
        ran = await keepingEffects({ at, request }, run)
      } catch (err) {
        await releaseClaim(db, at).catch(() => undefined)
        throw err
      }
      if (!ran.isKept) await complete(at, request.status, withoutSecrets(ran.body, request.shownOnce))
      return { status: request.status, body: ran.body }
    },
  }
}

async function releaseClaim(db: Db, at: Place): Promise<void> {
  await db.execute(
    sql`delete from idempotency_keys where caller = ${at.caller} and route = ${at.route} and key = ${at.key}
      and state = 'in_progress'`,
  )
}

type Ran = { body: unknown; isKept: boolean }

/** Runs with each of its transactions writing what became of the key, the answer with it if there is one already. */
async function keepingEffects(
  { at, request }: { at: Place; request: IdempotentRequest },
  run: () => Promise<unknown>,
): Promise<Ran> {
  const context = currentContext() ?? newContext()
  const { status, shownOnce } = request
  let isKept = false
  context.beforeCommit = async (tx) => {
    const { answer } = context
    await keepEffect(tx as Tx, at, { status, ...(answer && { body: withoutSecrets(answer.body, shownOnce) }) })
    isKept = answer !== undefined
  }
  try {
    return { body: await runInContext(context, run), isKept }
  } finally {
    context.beforeCommit = undefined
    context.answer = undefined
  }
}

/**
 * The row is no longer anybody's to take over. A transaction that wrote nothing has no effect and no transaction id.
 */
async function keepEffect(tx: Tx, at: Place, { status, body }: { status: number; body?: unknown }): Promise<void> {
  const answer = body === undefined ? sql`` : sql`, state = 'done', body = ${JSON.stringify(body)}::text::jsonb`
  await tx.execute(sql`update idempotency_keys
    set status = ${status}, expires_at = now() + make_interval(hours => ${keepHours})${answer}
    where caller = ${at.caller} and route = ${at.route} and key = ${at.key} and state = 'in_progress'
      and pg_current_xact_id_if_assigned() is not null`)
}

const firstWrite = new Error('A repeat has come to its first write')

const wrote = async (tx: Tx): Promise<boolean> =>
  rowsOf(await tx.execute(sql`select 1 where pg_current_xact_id_if_assigned() is not null`)).length > 0

/**
 * Runs a request that was carried out before, for its refusals alone: no write begins, and a transaction that wrote
 * all the same is rolled back.
 */
async function untilFirstWrite(run: () => Promise<unknown>): Promise<void> {
  const context = currentContext() ?? newContext()
  context.beforeWrite = () => {
    throw firstWrite
  }
  context.beforeCommit = async (tx) => {
    if (await wrote(tx as Tx)) throw firstWrite
  }
  try {
    await runInContext(context, run)
  } catch (err) {
    if (err !== firstWrite) throw err
  } finally {
    context.beforeWrite = undefined
    context.beforeCommit = undefined
  }
}

const withoutSecrets = (body: unknown, shownOnce: readonly string[] = []): unknown =>
  shownOnce.length === 0
    ? body
    : Object.fromEntries(Object.entries(body as object).filter(([name]) => !shownOnce.includes(name)))

type Place = { caller: string; route: string; key: string }

function placeOf(request: IdempotentRequest): Place {
  const { key, owner, route } = request
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw problem('validation_failed', {
      errors: [{ path: 'headers/idempotency-key', message: 'must be 1 to 255 visible ASCII characters' }],
    })
  }
  return { caller: owner, route, key }
}

function replay(stored: StoredKey | undefined, requestHash: Buffer): IdempotentOutcome {
  // Gone between the claim and the look: whoever held it failed and released it.
  if (stored === undefined) throw problem('idempotency_in_progress', { retryAfterSeconds: 1 })
  if (stored.request_hash !== requestHash.toString('hex')) throw problem('idempotency_key_reused')
  if (stored.state !== 'done' && stored.status !== null)
    throw problem('conflict', { detail: 'This request was carried out before, and its answer was lost.' })
  if (stored.state !== 'done' || stored.status === null)
    throw problem('idempotency_in_progress', { retryAfterSeconds: 1 })
  return { status: stored.status, body: stored.body === null ? undefined : stored.body }
}
