/**
 * What happened after a position, read from the outbox. The head is taken after everything committed was sequenced, so
 * a reader that has applied up to it has missed nothing that was committed when it asked.
 */
import { sql, type SQL } from 'drizzle-orm'
import type { ChangesPage } from '@gatehouse/contracts/http/spine/changes'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { outboxColumns, toEvent, type OutboxRow } from './envelope.ts'
import type { Sequencer } from './sequencer.ts'
import { afterEverything, type ChangesQuery } from '../follow/spine-client.ts'

const defaultLimit = 500
const mostLimit = 1000
/** Positions looked at for one filtered page, so that a rare subject cannot make one query read the whole outbox. */
const filteredSpan = 5000

export async function readChanges(
  o: { service: string; system: Db; sequencer: Sequencer },
  query: ChangesQuery,
): Promise<ChangesPage> {
  const isHeadAlone = query.after === afterEverything
  const { epoch, head } = await (isHeadAlone ? o.sequencer.sequenceTogether() : o.sequencer.sequence())
  // Positions of another epoch mean nothing here, and a reader ahead of the head has followed a database that is gone:
  // it must reload.
  if ((query.epoch !== undefined && query.epoch !== epoch) || query.after >= head) {
    return { epoch, head, after: query.after, events: [], scanned_to: Math.min(query.after, head) }
  }
  const after = (await isKept(o.system, query.after + 1)) ? query.after : await oldestFor(o.system, query)
  const limit = Math.min(query.limit ?? defaultLimit, mostLimit)
  const upTo = query.subjects === undefined ? head : Math.min(head, after + filteredSpan)
  const rows = await readRange(o.system, { after, upTo, limit, subjects: query.subjects })
  return {
    epoch,
    head,
    after,
    events: rows.map((row) => toEvent(row, { service: o.service, epoch })),
    scanned_to: rows.length < limit ? upTo : Number(rows.at(-1)?.position),
  }
}

async function oldestFor(db: Db, query: ChangesQuery): Promise<number> {
  if (query.orOldest !== true) throw problem('gone', { internal: `changes after ${query.after} are behind retention` })
  const [row] = rowsOf<{ oldest: string | null }>(
    await db.execute(sql`select min(position) as oldest from outbox where position > ${query.after}`),
  )
  return Number(row?.oldest ?? query.after + 1) - 1
}

async function readRange(
  db: Db,
  o: { after: number; upTo: number; limit: number; subjects: readonly string[] | undefined },
): Promise<OutboxRow[]> {
  const wanted = o.subjects === undefined ? sql`` : sql`and (${sql.join(o.subjects.map(subjectIs), sql` or `)})`
  return rowsOf<OutboxRow>(
    await db.execute(
      sql`select ${outboxColumns} from outbox where position > ${o.after} and position <= ${o.upTo} ${wanted}
        order by position limit ${o.limit}`,
    ),
  )
}

const subjectIs = (subject: string): SQL =>
  subject.endsWith('.>') ? sql`starts_with(subject, ${subject.slice(0, -1)})` : sql`subject = ${subject}`

async function isKept(db: Db, position: number): Promise<boolean> {
  return rowsOf(await db.execute(sql`select 1 from outbox where position = ${position}`)).length > 0
}

/** Whether `type` is one of `subjects`. */
export const matchesSubject = (subjects: readonly string[], type: string): boolean =>
  subjects.some((subject) => (subject.endsWith('.>') ? type.startsWith(subject.slice(0, -1)) : type === subject))
