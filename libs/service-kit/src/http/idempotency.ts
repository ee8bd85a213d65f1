/**
 * `Idempotency-Key` on routes that create or send: the first request with a key runs, a repeat gets its stored answer, a different request under the
 * same key is refused. Keys belong to a caller and a route. Only successes are kept, without their secrets; a refused or failed request may be tried again under its key.
 * That an effect happened is written in the effect's own transaction: when the answer could not be stored afterwards, a repeat is told so and runs nothing.
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
      values (${at.caller}, ${at.route}, ${at.key}, decode(${requestHash.toString('hex')}, 'hex'), 'in_progress', now() + make_interval(secs => ${claimSeconds}))
      on conflict (caller, route, key) do update
        set request_hash = excluded.request_hash, state = 'in_progress', status = null, body = null, created_at = now(), expires_at = excluded.expires_at
        where idempotency_keys.expires_at < now()
      returning key`)
    return rowsOf(claimed).length > 0
  }
  const find = async (at: Place): Promise<StoredKey | undefined> =>
    rowsOf<StoredKey>(
      await db.execute(sql`select encode(request_hash, 'hex') as request_hash, state, status, body from idempotency_keys
        where caller = ${at.caller} and route = ${at.route} and key = ${at.key}`),
    )[0]
  const release = async (at: Place): Promise<void> => {
    await db.execute(
      sql`delete from idempotency_keys where caller = ${at.caller} and route = ${at.route} and key = ${at.key} and state = 'in_progress'`,
    )
  }
  const complete = async (at: Place, status: number, body: unknown): Promise<void> => {
    await db.execute(sql`update idempotency_keys
      set state = 'done', status = ${status}, body = ${JSON.stringify(body ?? null)}::text::jsonb, expires_at = now() + make_interval(hours => ${keepHours})
      where caller = ${at.caller} and route = ${at.route} and key = ${at.key}`)
  }

  return {
    async once(request, run) {
      const at = placeOf(request)
      if (!(await claim(at, request.requestHash))) return replay(await find(at), request.requestHash)
      let body: unknown
      try {
        body = await markingEffects({ at, status: request.status }, run)
      } catch (err) {
        await release(at).catch(() => undefined)
        throw err
      }
      await complete(at, request.status, withoutSecrets(body, request.shownOnce ?? []))
      return { status: request.status, body }
    },
  }
}

/** Runs with each of its transactions noting that it had an effect. */
async function markingEffects<T>({ at, status }: { at: Place; status: number }, run: () => Promise<T>): Promise<T> {
  const context = currentContext() ?? newContext()
  context.beforeCommit = (tx) => markEffect(tx as Tx, at, status)
  try {
    return await runInContext(context, run)
  } finally {
    context.beforeCommit = undefined
  }
}

/** The row is no longer anybody's to take over. A transaction that wrote nothing has no effect and no transaction id. */
async function markEffect(tx: Tx, at: Place, status: number): Promise<void> {
  await tx.execute(sql`update idempotency_keys
    set status = ${status}, expires_at = now() + make_interval(hours => ${keepHours})
    where caller = ${at.caller} and route = ${at.route} and key = ${at.key} and state = 'in_progress'
      and pg_current_xact_id_if_assigned() is not null`)
}

const withoutSecrets = (body: unknown, shownOnce: readonly string[]): unknown =>
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
